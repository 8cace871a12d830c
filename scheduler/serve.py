"""Serve: web, mail worker and, in the demo, a post office, together on one machine.

The parent listens for signals and watches; the web worker and the mail worker are forked from it, so that they
share what was loaded. When one of them dies, everything stops and says so.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.process import BaseProcess, parent_process
from typing import Any

import click
from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import MPServer

from . import worker
from .core import postoffice
from .core.errors import Misconfigured
from .core.extensions import db, mail

GRACE_SECONDS = 15
SEVERAL = 2


class Shares:
    """Of the processors, for so many processes.

    Python works on one at a time, and what it works with stays in that one's cache: where each web process keeps to its
    own, a place costs a tenth less, and no two of them stand on one while another is idle.
    """

    def __init__(self, processes: int) -> None:
        self._processes, self._taken = processes, multiprocessing.Value("i")

    def take(self) -> None:
        """In one of the processes, before it starts threads: keep to the next share, where the system lets us."""
        if not hasattr(os, "sched_setaffinity"):
            return
        with self._taken.get_lock():
            number = self._taken.value
            self._taken.value += 1
        processors = sorted(os.sched_getaffinity(0))
        shares = min(self._processes, len(processors))
        with suppress(OSError):
            os.sched_setaffinity(0, processors[number % shares :: shares])


class WebServer(MPServer):
    """Granian that tells when it has started, and that stops on a closed terminal too."""

    has_started: Callable[[], None]

    def startup(self, spawn_target: Any, target_loader: Callable[[], Any]) -> None:
        shares = Shares(self.workers)

        def load() -> Any:
            shares.take()
            return target_loader()

        super().startup(spawn_target, load)  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGHUP, self.signal_handler_interrupt)
        self.has_started()


def serve(app: Flask, host: str, port: int, announce: Callable[[], None]) -> None:
    """Run until Ctrl-C or SIGTERM. Raises Misconfigured before anything starts, ClickException when a part dies."""
    require_mail(app)
    require_free(host, port)
    multiprocessing.set_start_method("fork", force=True)
    _let_go(app)
    letters = multiprocessing.Process(target=_deliver, args=(app,), name="mail worker")
    letters.start()
    web = web_server(host, port, web_processes(app))
    ended: list[str] = []
    web.has_started = lambda: _watch(web, letters, ended, lambda: _announce_when_lit(host, port, announce))
    try:
        web.serve(target_loader=lambda: _follow_parent(app), wrap_loader=False)
    except SystemExit:
        ended.append("The web process ended unexpectedly, so everything was stopped.")
    finally:
        letters.terminate()
        letters.join(GRACE_SECONDS)
        letters.kill()
    if ended:
        raise click.ClickException(ended[0])


def serve_web(app: Flask, host: str, port: int, processes: int | None, announce: Callable[[], None]) -> None:
    """Only the web, until Ctrl-C or SIGTERM; workers run elsewhere. Raises Misconfigured, or ClickException."""
    require_free(host, port)
    multiprocessing.set_start_method("fork", force=True)
    _let_go(app)
    web = web_server(host, port, processes or web_processes(app))
    web.has_started = lambda: threading.Thread(
        target=_announce_when_lit, args=(host, port, announce), daemon=True
    ).start()
    try:
        web.serve(target_loader=lambda: _follow_parent(app), wrap_loader=False)
    except SystemExit:
        raise click.ClickException("A web process ended unexpectedly, so everything was stopped.") from None


def require_mail(app: Flask) -> None:
    """Raises Misconfigured where letters would go nowhere."""
    if not app.config["MAIL_SERVER"] and not app.config["DEMO"]:
        raise Misconfigured(
            "SCHEDULER_MAIL_SERVER is missing: without a mail server nobody would get a letter. Name one, or set "
            "SCHEDULER_DEMO=1 for a post office that keeps all mail on this machine."
        )


def require_free(host: str, port: int) -> None:
    """Raises Misconfigured when somebody else listens there; several of granian's sockets could share a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Misconfigured(
                f"Port {port} on {host} cannot be used ({error.strerror}). Set another, as in PORT={port + 1}."
            ) from None


def web_server(host: str, port: int, processes: int) -> WebServer:
    """Granian as it serves here."""
    cores = os.cpu_count() or 1
    return WebServer(
        "wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=processes,
        blocking_threads=5 * cores,
        log_level=LogLevels.error,
        log_access=False,
        log_dictconfig={"loggers": {"_granian": {"handlers": [], "propagate": True}}},
        workers_kill_timeout=GRACE_SECONDS,
    )


def web_processes(app: Flask) -> int:
    """Several, if they can count requests together."""
    return 1 if app.config["RATELIMIT_STORAGE_URI"].startswith("memory") else SEVERAL


def _let_go(app: Flask) -> None:
    """Nothing that is open here may be shared with the children. Until they listen to signals, SIGTERM ends them."""
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    app.extensions["keyring"].engine.dispose()
    gc.collect()
    gc.freeze()


def _deliver(app: Flask) -> None:
    """The mail worker's whole life; in the demo its letters go to a post office on loopback, whatever is set."""
    _follow_parent(app)
    if not app.config["DEMO"]:
        worker.forever(app)
        return
    host, port, close = postoffice.open_at(app.config["INSTANCE_DIR"])
    app.config.update(MAIL_SERVER=host, MAIL_PORT=port, MAIL_USERNAME=None, MAIL_PASSWORD=None)
    app.config.update(MAIL_USE_TLS=False, MAIL_USE_SSL=False)
    mail.init_app(app)
    worker.forever(app)
    close()


def _follow_parent(app: Flask) -> Flask:
    """In a child: out of the terminal's reach, so that Ctrl-C is the parent's to handle; but end when it is gone.

    It is told once: asked a third time, granian's handler waits for ever, and the whole process with it.
    """
    os.setpgid(0, 0)

    def follow(parent: BaseProcess | Any) -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(GRACE_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=follow, args=(parent_process(),), daemon=True).start()
    return app


def _watch(web: WebServer, letters: BaseProcess, ended: list[str], then: Callable[[], None]) -> None:
    """Stop everything when the mail worker dies; runs in threads, so only after everything was forked."""

    def watch() -> None:
        letters.join()
        if not web.interrupt_signal:
            ended.append(
                "The mail worker ended unexpectedly, so everything was stopped. Letters are kept and go later."
            )
            web.signal_handler_interrupt()  # type: ignore[no-untyped-call]

    threading.Thread(target=watch, daemon=True).start()
    threading.Thread(target=then, daemon=True).start()


def _announce_when_lit(host: str, port: int, announce: Callable[[], None]) -> None:
    """Say so as soon as somebody could open the first page."""
    pause = threading.Event()
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return announce()
        pause.wait(0.02)
    return None
