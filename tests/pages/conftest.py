"""The real product in a real browser: `serve` with the demo world, and Debian's Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next((path for path in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if path), None)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. Without it these tests are skipped, loudly; CI installs it so that they never are there."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: .ci/run must install it")
        pytest.skip("NO CHROMIUM FOUND: the browser tests did not run. Install it: apt-get install chromium")
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Locator, "click", settled(Locator.click))
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


def settled(click: Callable[..., None]) -> Callable[..., None]:
    """The click, over only when the page that it leads to is read whole.

    The browser itself comes back as soon as the new page begins; what a test then counts at once may not be there yet.
    """

    def click_and_wait(button: Locator, **how: Any) -> None:
        click(button, **how)
        button.page.wait_for_load_state()

    return click_and_wait


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the running Porchlight keeps its databases."""
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="session")
def site(site_folder: Path) -> Iterator[str]:
    """The address of a running Porchlight with the demo world, its worker and its post office."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    folder = site_folder
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SCHEDULER_")} | {
        "SCHEDULER_DEMO": "1",
        "SCHEDULER_INSTANCE_DIR": str(folder),
        "SCHEDULER_BASE_URL": base,
        "SCHEDULER_PSEUDO_LOCALE": "1",
        "SCHEDULER_LIMITER_OFF": "1",
        "PORT": str(port),
    }
    flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
    for command in (["db", "upgrade"], ["seed"]):
        subprocess.run([*flask, *command], cwd=ROOT, env=environ, check=True, capture_output=True)
    with (folder / "serve.log").open("w") as log:
        server = subprocess.Popen([*flask, "serve"], cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_for(f"{base}/health", server)
            yield base
        finally:
            server.terminate()
            server.wait(20)


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            assert server.poll() is None, "serve ended before it answered"
            time.sleep(0.1)
    raise AssertionError("serve did not answer within 30 s")


Open = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Open]:
    """Opens a path in a fresh browser: visit("/en/", width=390, scheme="dark", script=False)."""
    contexts = []

    def open_page(path: str, *, width: int = 1280, scheme: str = "light", script: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 800 if width > 600 else 780},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=script,
            base_url=site,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
