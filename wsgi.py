"""Where a WSGI server finds the app."""

from scheduler import create_app

app = create_app()
