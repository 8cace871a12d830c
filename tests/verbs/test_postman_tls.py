"""Mail goes through TLS only to a server that can prove its name."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask

from scheduler import postman
from scheduler.core.extensions import db, mail, transaction
from scheduler.models.message import SENT, WAITING, Message
from scheduler.postman.queue import NO_SERVER

from ..ground.mail import free_port


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody has vouched for, with its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + secret)
    return path


class Taker:
    """Keeps the recipients of what it took."""

    def __init__(self) -> None:
        self.recipients: list[str] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        self.recipients.extend(envelope.rcpt_tos)
        return "250 OK"


@pytest.fixture(params=["implicit", "starttls"])
def server(request: pytest.FixtureRequest, certificate: Path, app: Flask) -> Iterator[Taker]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    taker, port = Taker(), free_port()
    how: dict[str, Any] = {"ssl_context": context}
    if request.param == "starttls":
        how = {"tls_context": context, "require_starttls": True}
    controller = Controller(taker, hostname="127.0.0.1", port=port, **how)
    controller.start()
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=port, MAIL_SUPPRESS_SEND=False)
    app.config.update(MAIL_USE_SSL=request.param == "implicit", MAIL_USE_TLS=request.param == "starttls")
    mail.init_app(app)
    yield taker
    controller.stop()


@pytest.fixture
def a_letter(app: Flask, world: ModuleType) -> Callable[[], Message]:
    with transaction():
        world.attends(world.workshop())

    def the_letter() -> Message:
        db.session.rollback()
        return db.session.scalars(sa.select(Message)).one()

    return the_letter


def test_a_server_that_cannot_prove_its_name_gets_nothing(server: Taker, a_letter: Callable[[], Message]) -> None:
    postman.deliver_due()
    assert server.recipients == []
    assert (a_letter().state, a_letter().failure) == (WAITING, NO_SERVER)


def test_a_server_that_can_gets_the_letter(
    server: Taker, a_letter: Callable[[], Message], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    postman.deliver_due()
    assert server.recipients == ["marisol@post.example"]
    assert a_letter().state == SENT
