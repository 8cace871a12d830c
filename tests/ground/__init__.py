"""The ground that tests stand on: databases, a browser, a mail server."""
