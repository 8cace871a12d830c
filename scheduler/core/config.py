"""Settings, read once from SCHEDULER_* variables, with safe defaults for one machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import getaddresses, parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from . import keyfiles, languages
from .errors import Misconfigured

PREFIX = "SCHEDULER_"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
SHORTEST_SECRET = 32
USUAL_PORTS = {"http": ":80", "https": ":443"}
ROOT = Path(__file__).resolve().parents[2]
PLAIN_ADDRESS = re.compile(r"(?=[^@]{1,31}@)[\w-]+(\.[\w-]+)*@([\w-]+\.)+[\w-]+", re.ASCII)
"""With room for 33 more characters before the @."""
SENDER = re.compile(r"(?=[^@]{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[\w-]+(\.[\w-]+)*", re.ASCII)


def read(environ: Mapping[str, str]) -> dict[str, Any]:
    """The Flask configuration. Raises Misconfigured, in words, where the house could not be safe."""
    env = {name.removeprefix(PREFIX): value for name, value in environ.items() if name.startswith(PREFIX)}
    env = _files(env) | {name: value for name, value in env.items() if value}
    instance = Path(env.get("INSTANCE_DIR", ROOT / "instance")).resolve()
    demo = _yes(env.get("DEMO"))
    base_url = _base_url(env.get("BASE_URL", f"http://127.0.0.1:{environ.get('PORT', '8000')}"))
    settings: dict[str, Any] = {
        "DEMO": demo,
        "INSTANCE_DIR": str(instance),
        "BASE_URL": base_url,
        "SITE_NAME": env.get("SITE_NAME", "Porchlight"),
        "DEFAULT_LANGUAGE": _language(env.get("DEFAULT_LANGUAGE", "en")),
        "TIMEZONE": _zone(env.get("TIMEZONE", "America/Chicago")),
        "HELP_PHONE": env.get("HELP_PHONE", "312-555-0199" if demo else ""),
        "TRUSTED_PROXIES": _number(env, "TRUSTED_PROXIES", 0),
        "LOG_FORMAT": _log_format(env.get("LOG_FORMAT") or ("plain" if demo else "json")),
        "PSEUDO_LOCALE": _yes(env.get("PSEUDO_LOCALE")),
        "RATELIMIT_STORAGE_URI": env.get("LIMITER_STORAGE_URL", "shared://"),
        "RATELIMIT_ENABLED": not _yes(env.get("LIMITER_OFF")),
        "SHELF_OCTETS": _number(env, "SHELF_MEGABYTES", 32) * 1024 * 1024,
        "MAX_CONTENT_LENGTH": 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "MAX_FORM_PARTS": 400,
    }
    settings |= _databases(env, instance)
    settings |= _keys(env, instance, settings)
    settings |= _mail(env, base_url)
    settings |= _cookies(base_url)
    return settings


def _base_url(address: str) -> str:
    """As browsers write it, without a slash at the end. On this machine the port stays: it says where to listen."""
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    more = parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in USUAL_PORTS or not parts.hostname or more:
        raise Misconfigured(
            f"SCHEDULER_BASE_URL must be like https://porchlight.example, without a path, and is {address!r}."
        )
    own = parts.hostname in LOOPBACK
    host = parts.netloc.lower() if own else plain_host(parts.netloc, parts.scheme)
    return f"{parts.scheme}://{host}"


def plain_host(host: str, scheme: str) -> str:
    """A host as browsers write it: small letters, and no port that goes without saying."""
    return host.lower().removesuffix(USUAL_PORTS[scheme])


def _yes(value: str | None) -> bool:
    return (value or "").lower() in {"1", "true", "yes", "on"}


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name) or str(default)
    if not value.isdecimal():
        raise Misconfigured(f"SCHEDULER_{name} must be a number, and is {value!r}.")
    return int(value)


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise Misconfigured(f"SCHEDULER_TIMEZONE must be an IANA zone such as America/Chicago, not {name!r}.") from None


def _language(code: str) -> str:
    if code not in languages.OFFERED:
        known = " or ".join(languages.OFFERED)
        raise Misconfigured(f"SCHEDULER_DEFAULT_LANGUAGE must be {known}, and is {code!r}.")
    return code


def _log_format(name: str) -> str:
    if name not in ("json", "plain"):
        raise Misconfigured(f"SCHEDULER_LOG_FORMAT must be json or plain, and is {name!r}.")
    return name


def _databases(env: Mapping[str, str], instance: Path) -> dict[str, Any]:
    main = _with_driver(env.get("DATABASE_URL", f"sqlite:///{instance / 'porchlight.sqlite'}"))
    keyring = env.get("KEYRING_URL")
    if not keyring:
        if not main.startswith("sqlite"):
            raise Misconfigured(
                "SCHEDULER_KEYRING_URL is missing. With PostgreSQL the keys need a small database of their own, "
                "with short-lived backups; give its address."
            )
        keyring = f"sqlite:///{instance / 'keyring.sqlite'}"
    return {"SQLALCHEMY_DATABASE_URI": main, "KEYRING_URL": _with_driver(keyring)}


def _with_driver(url: str) -> str:
    """The address as providers write it, with the driver that is installed."""
    kind, mark, rest = url.partition("://")
    return f"postgresql+psycopg{mark}{rest}" if kind in ("postgres", "postgresql") else url


def _keys(env: Mapping[str, str], instance: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    one_machine = settings["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
    keys: dict[str, Any] = {}
    for name in ("MASTER_KEY", "SECRET_KEY"):
        value = env.get(name)
        if not value and one_machine:
            path = instance / name.lower().replace("_", "-")
            if name == "MASTER_KEY":
                keyfiles.require_nothing_sealed(path, (settings["SQLALCHEMY_DATABASE_URI"], settings["KEYRING_URL"]))
            value = keyfiles.kept(path)
        if not value:
            raise Misconfigured(
                f"SCHEDULER_{name} (or SCHEDULER_{name}_FILE) is missing. Every machine needs the same one; make it "
                "once with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
            )
        keys[name] = value
    only_here = urlsplit(settings["BASE_URL"]).hostname in LOOPBACK
    if len(keys["SECRET_KEY"]) < SHORTEST_SECRET and not only_here:
        raise Misconfigured(
            f"SCHEDULER_SECRET_KEY must have {SHORTEST_SECRET} characters or more: whoever guesses it signs in as "
            "anybody. Make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    try:
        keys["MASTER_KEY"] = bytes.fromhex(keys["MASTER_KEY"])
    except ValueError:
        raise Misconfigured("SCHEDULER_MASTER_KEY must be 64 hexadecimal digits (256 bits).") from None
    if len(keys["MASTER_KEY"]) != 32:
        raise Misconfigured("SCHEDULER_MASTER_KEY must be 64 hexadecimal digits (256 bits).")
    return keys


def _files(env: Mapping[str, str]) -> dict[str, str]:
    """What stands in files: SCHEDULER_X_FILE names the one that holds SCHEDULER_X, so no secret is in a listing."""
    ending = "_FILE"
    return {
        name.removesuffix(ending): _written(name.removesuffix(ending), Path(path))
        for name, path in env.items()
        if name.endswith(ending) and path
    }


def _written(name: str, path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise Misconfigured(f"SCHEDULER_{name}_FILE cannot be read: {error.strerror}.") from None


def _mail(env: Mapping[str, str], base_url: str) -> dict[str, Any]:
    host = urlsplit(base_url).hostname or "localhost"
    domain = host if "." in host and not host.replace(".", "").isdigit() else "porchlight.example"
    return {
        "MAIL_SERVER": _mail_server(env.get("MAIL_SERVER", "")),
        "MAIL_PORT": _number(env, "MAIL_PORT", 25),
        "MAIL_USERNAME": env.get("MAIL_USERNAME"),
        "MAIL_PASSWORD": env.get("MAIL_PASSWORD"),
        "MAIL_USE_TLS": _yes(env.get("MAIL_USE_TLS")),
        "MAIL_USE_SSL": _yes(env.get("MAIL_USE_SSL")),
        "MAIL_DEFAULT_SENDER": _sender(env.get("MAIL_DEFAULT_SENDER", f"desk@{domain}")),
        "MAIL_BOUNCES": _bounces(env.get("MAIL_BOUNCES", "")),
    }


def _mail_server(host: str) -> str:
    try:
        host.encode("idna")
    except UnicodeError:
        raise Misconfigured(f"SCHEDULER_MAIL_SERVER must be like mail.porchlight.example, and is {host!r}.") from None
    return host


def _sender(typed: str) -> str:
    """The address alone: the name in front of it is that of each letter's host."""
    address = parseaddr(typed)[1]
    if len(getaddresses([typed])) != 1 or address not in typed or not SENDER.fullmatch(address):
        raise Misconfigured(
            f"SCHEDULER_MAIL_DEFAULT_SENDER must be one address such as desk@porchlight.example, and is {typed!r}."
        )
    return address


def _bounces(address: str) -> str:
    if address and not PLAIN_ADDRESS.fullmatch(address):
        raise Misconfigured(
            f"SCHEDULER_MAIL_BOUNCES must be an address such as bounces@porchlight.example, and is {address!r}."
        )
    return address


def _cookies(base_url: str) -> dict[str, Any]:
    secure = base_url.startswith("https://")
    return {
        "SESSION_COOKIE_NAME": "__Host-porchlight" if secure else "porchlight",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_REFRESH_EACH_REQUEST": False,
    }
