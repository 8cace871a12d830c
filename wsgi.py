"""Where a WSGI server finds the app."""

import gc
import os

gc.disable()  # Nothing of what is loaded now becomes garbage; looking for some took an eighth of the time.

from scheduler import create_app  # noqa: E402

os.umask(0o077)  # What is made here holds what people told us: databases, keys, copies.
app = create_app()
gc.enable()
