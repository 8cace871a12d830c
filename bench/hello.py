"""A bare Flask hello under the server that `serve` uses: `python -m bench.hello PORT PROCESSES OCTETS`."""

from __future__ import annotations

import multiprocessing
import sys

from flask import Flask, Response

from scheduler import serve

ANSWERS = b"Hello, "


def make(octets: int) -> Flask:
    """An app that says hello in so many octets."""
    app = Flask("hello", static_folder=None)
    body = (ANSWERS * (octets // len(ANSWERS) + 1))[:octets]

    @app.get("/")
    def hello() -> Response:
        return Response(body, mimetype="text/plain")

    return app


def main(port: int, processes: int, octets: int) -> None:
    multiprocessing.set_start_method("fork", force=True)
    app = make(octets)
    server = serve.web_server("127.0.0.1", port, processes)
    server.has_started = lambda: None
    server.serve(target_loader=lambda: app, wrap_loader=False)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
