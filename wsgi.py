"""Where a WSGI server finds the app."""

import gc

gc.disable()  # Nothing of what is loaded now becomes garbage; looking for some took an eighth of the time.

from scheduler import create_app  # noqa: E402

app = create_app()
gc.enable()
