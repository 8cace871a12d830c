"""Signing in and out as a person does, and as somebody does who should not get in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from scheduler import postman
from scheduler.core import clock, tokens
from scheduler.core.extensions import db, limiter, transaction
from scheduler.demo.cast import Staff
from scheduler.models.message import Message
from scheduler.models.user import SignIn, User
from scheduler.web import limits

from ..ground.mail import Sink
from .signing_in import press, sign_in, token_in

HELP = "/sign-in/help"


@pytest.fixture
def robin(world: ModuleType) -> Staff:
    with transaction():
        return world.organizer()


@pytest.fixture
def limited(app: Flask) -> Iterator[None]:
    """Limits are on, with counters of their own."""
    count_in("memory://")
    yield
    limiter.enabled = False


@pytest.fixture(params=["memory://", "shared://"])
def limited_anyhow(app: Flask, at: Any, request: pytest.FixtureRequest) -> Iterator[None]:
    """Limits are on, counted in one process and then in all of a machine; it is one hour."""
    at("2026-11-20 10:00")
    count_in(request.param)
    yield
    limiter.enabled = False
    if request.param == "shared://":
        limiter.limiter.storage.close()  # type: ignore[attr-defined]


def count_in(storage: str) -> None:
    fresh = Flask("limits")
    fresh.config.update(RATELIMIT_ENABLED=True, RATELIMIT_STORAGE_URI=storage)
    limiter.init_app(fresh)


def answer(client: FlaskClient, email: str, password: str, **more: Any) -> Any:
    return client.post("/sign-in", data={"email": email, "password": password}, **more)


def cookie(client: FlaskClient) -> str | None:
    found = client.get_cookie("porchlight", domain="localhost")
    return found.value if found else None


def help_path(app: Flask, staff: Staff) -> str:
    user = db.session.get_one(User, staff.user_id)
    ends = int(clock.now().timestamp()) + 600
    return f"{HELP}/{tokens.derive_password_token(str(app.secret_key), user.id, user.password_hash, ends)}"


class TestSigningIn:
    def test_looking_at_the_page_sets_no_cookie(self, client: FlaskClient) -> None:
        page = client.get("/sign-in")
        assert page.status_code == 200
        assert "Set-Cookie" not in page.headers and page.headers["Cache-Control"] == "no-store"

    def test_signing_in_leads_to_the_console(self, client: FlaskClient, robin: Staff) -> None:
        found = answer(client, robin.email.upper(), robin.password)
        assert (found.status_code, found.location) == (303, "/console/")
        said = found.headers["Set-Cookie"]
        assert "HttpOnly" in said and "SameSite=Lax" in said and "Path=/" in said and "Expires" not in said
        assert client.get("/console/").status_code == 200

    def test_over_https_the_cookie_is_bound_to_the_host(self, app: Flask) -> None:
        from scheduler.core import config

        settings = config.read(
            {"SCHEDULER_BASE_URL": "https://porch.example", "SCHEDULER_INSTANCE_DIR": app.instance_path}
        )
        assert settings["SESSION_COOKIE_NAME"].startswith("__Host-") and settings["SESSION_COOKIE_SECURE"] is True

    def test_over_https_forms_of_the_console_need_no_referer(
        self, app: Flask, client: FlaskClient, robin: Staff
    ) -> None:
        app.config["BASE_URL"] = "https://localhost"
        there = {"base_url": "https://localhost"}
        assert answer(client, robin.email, robin.password, **there).status_code == 303
        page = client.get("/console/account", **there)
        sent = client.post("/sign-out", data={"csrf_token": token_in(page.text)}, **there)
        assert sent.status_code == 303

    def test_a_cookie_from_before_is_not_taken_over(self, client: FlaskClient, robin: Staff) -> None:
        sign_in(client, robin)
        before = cookie(client)
        sign_in(client, robin)
        assert before and cookie(client) != before

    def test_the_cookie_says_nothing_of_browser_or_address(self, app: Flask, client: FlaskClient, robin: Staff) -> None:
        sign_in(client, robin)
        with client.session_transaction(base_url="http://localhost:8000") as session:
            assert set(session) == {"_user_id"}

    def test_what_is_wrong_is_not_said(self, client: FlaskClient, robin: Staff) -> None:
        stranger = "x" * (len(robin.email) - len("@post.example")) + "@post.example"
        known = answer(client, robin.email, "not the password")
        unknown = answer(client, stranger, robin.password)
        assert known.status_code == unknown.status_code == 422
        assert known.text.replace(robin.email, stranger) == unknown.text
        assert robin.email in known.text and "not the password" not in known.text
        assert "Set-Cookie" not in known.headers

    @pytest.mark.parametrize(
        "typed", [{}, {"email": ""}, {"email": "no address", "password": "x"}, {"email": "a@b.example\0"}]
    )
    def test_half_filled_forms_come_back_with_words(self, client: FlaskClient, typed: dict[str, str]) -> None:
        page = client.post("/sign-in", data=typed)
        assert page.status_code == 422 and 'role="alert"' in page.text and "<title>Error: " in page.text

    @pytest.mark.parametrize("size", [13, 1001, 100_000])
    def test_long_passwords_are_no_fault(self, client: FlaskClient, robin: Staff, size: int) -> None:
        assert answer(client, robin.email, "\u0000é" * size).status_code == 422

    def test_another_site_cannot_sign_anybody_in(self, client: FlaskClient, robin: Staff) -> None:
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert answer(client, robin.email, robin.password, headers=headers).status_code == 403
        assert db.session.scalar(sa.select(SignIn.id)) is None

    @pytest.mark.parametrize(
        "wished",
        ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
         "evil", "/\t/evil.example", "/%09/x\n", "///evil.example", "http:/evil.example", "/ /evil.example", "/é//x"],
    )  # fmt: skip
    def test_nobody_is_led_away(self, client: FlaskClient, robin: Staff, wished: str) -> None:
        found = client.post("/sign-in", data={"email": robin.email, "password": robin.password, "next": wished})
        assert (found.status_code, found.location) == (303, "/console/")

    def test_the_wished_page_comes_after_signing_in(self, client: FlaskClient, robin: Staff) -> None:
        sent = client.get("/console/venues/?x=1&y=2")
        assert sent.status_code == 303 and sent.location.startswith("/sign-in?next=")
        page = client.get(sent.location)
        assert 'name="next" value="/console/venues/?x=1&amp;y=2"' in page.text
        found = client.post(sent.location, data={"email": robin.email, "password": robin.password})
        assert found.location == "/console/venues/?x=1&y=2"

    def test_who_is_signed_in_goes_straight_on(self, client: FlaskClient, robin: Staff) -> None:
        sign_in(client, robin)
        assert client.get("/sign-in").location == "/console/"

    def test_the_page_speaks_the_language_asked_for(self, client: FlaskClient) -> None:
        assert '<html lang="es"' in client.get("/sign-in?lang=es&next=/console/account").text
        assert '<html lang="es"' in client.get("/sign-in", headers={"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}).text
        page = client.get("/sign-in?next=/console/account").text
        assert 'href="/sign-in?next=/console/account&amp;lang=es"' in page
        assert '<html lang="en"' in client.get("/sign-in?lang=xx").text


class TestBeingSignedIn:
    def test_no_use_for_half_an_hour_ends_it(self, client: FlaskClient, robin: Staff, at: Any) -> None:
        at("2026-11-20 10:00")
        sign_in(client, robin)
        at.later(minutes=29)
        assert client.get("/console/account").status_code == 200
        at.later(minutes=29)
        assert client.get("/console/account").status_code == 200
        at.later(minutes=31)
        assert client.get("/console/account").location == "/sign-in?next=/console/account"

    def test_use_is_noted_at_most_once_a_minute(self, client: FlaskClient, robin: Staff, at: Any) -> None:
        start = at("2026-11-20 10:00")
        sign_in(client, robin)
        seen = sa.select(SignIn.last_seen_at)
        at.later(seconds=59)
        client.get("/console/account")
        assert db.session.scalar(seen) == start
        now = at.later(seconds=2)
        client.get("/console/account")
        assert db.session.scalar(seen) == now

    def test_signing_out_is_a_post_with_a_token(self, client: FlaskClient, robin: Staff) -> None:
        sign_in(client, robin)
        assert client.get("/sign-out").status_code == 405
        assert client.post("/sign-out").status_code == 400
        assert client.get("/console/").status_code == 200
        stolen = cookie(client)
        gone = press(client, "/console/account", "/sign-out")
        assert (gone.status_code, gone.location) == (303, "/sign-in?note=out")
        assert "You are signed out." in client.get(gone.location).text and not cookie(client)
        client.set_cookie("porchlight", stolen or "", domain="localhost")
        assert client.get("/console/").status_code == 303

    def test_a_stolen_laptop_is_signed_out_from_elsewhere(self, app: Flask, client: FlaskClient, robin: Staff) -> None:
        laptop = sign_in(app.test_client(), robin)
        sign_in(client, robin)
        page = client.get("/console/account").text
        assert page.count("<li><span>Since ") == 2 and page.count("This device") == 1
        gone = press(client, "/console/account", "/console/account/sign-out-everywhere")
        assert gone.location == "/sign-in?note=everywhere"
        assert laptop.get("/console/").status_code == 303 and client.get("/console/").status_code == 303

    def test_a_changed_password_keeps_this_device_only(self, app: Flask, client: FlaskClient, robin: Staff) -> None:
        other = sign_in(app.test_client(), robin)
        sign_in(client, robin)
        new = {"old": robin.password, "password": "four other words here"}
        assert press(client, "/console/account", "/console/account/password", **new).status_code == 303
        assert "Your password is changed." in client.get("/console/account").text
        assert other.get("/console/").status_code == 303
        assert answer(app.test_client(), robin.email, robin.password).status_code == 422
        assert answer(app.test_client(), robin.email, "four other words here").status_code == 303

    @pytest.mark.parametrize(
        "typed", [{}, {"old": "wrong", "password": "four other words here"}, {"old": "PASSWORD", "password": "short"}]
    )
    def test_a_password_is_not_changed_by_half(self, client: FlaskClient, robin: Staff, typed: dict[str, str]) -> None:
        typed = {name: robin.password if text == "PASSWORD" else text for name, text in typed.items()}
        sign_in(client, robin)
        page = press(client, "/console/account", "/console/account/password", **typed)
        assert page.status_code == 422 and 'role="alert"' in page.text
        assert client.get("/console/").status_code == 200

    def test_changing_needs_the_token_of_the_form(self, client: FlaskClient, robin: Staff) -> None:
        sign_in(client, robin)
        for path in ("password", "language", "sign-out-everywhere"):
            assert client.post(f"/console/account/{path}", data={"csrf_token": "forged"}).status_code == 400


class TestHelp:
    def test_every_address_gets_the_same_answer(self, client: FlaskClient, robin: Staff) -> None:
        known = client.post(HELP, data={"email": robin.email})
        unknown = client.post(HELP, data={"email": "nobody@post.example"})
        assert (
            (known.status_code, known.location) == (unknown.status_code, unknown.location) == (303, f"{HELP}?sent=yes")
        )
        assert list(known.headers.keys()) == list(unknown.headers.keys())
        assert "a letter with a link is on its way" in client.get(known.location).text
        assert db.session.scalars(sa.select(Message.user_id)).all() == [robin.user_id]

    def test_the_mailed_link_leads_to_the_form(
        self, app: Flask, client: FlaskClient, robin: Staff, letters_sent: Sink
    ) -> None:
        client.post(HELP, data={"email": robin.email})
        postman.deliver_due()
        (letter,) = letters_sent.to(robin.email)
        body = letter.get_body(("plain",))
        assert body
        found = re.search(r"http://localhost:8000(/sign-in/help/\S{72})", body.get_content())
        assert found and client.get(found.group(1)).status_code == 200
        assert client.post(found.group(1), data={"password": "four other words here"}).status_code == 303
        assert answer(client, robin.email, "four other words here").status_code == 303

    def test_the_whole_way_back_in(self, app: Flask, client: FlaskClient, robin: Staff) -> None:
        elsewhere = sign_in(app.test_client(), robin)
        path = help_path(app, robin)
        page = client.get(path)
        assert page.status_code == 200 and page.headers["X-Robots-Tag"] == "noindex"
        assert client.post(path, data={"password": "too short"}).status_code == 422
        done = client.post(path, data={"password": "four other words here"})
        assert done.location == "/sign-in?note=password"
        assert elsewhere.get("/console/").status_code == 303
        assert answer(client, robin.email, "four other words here").status_code == 303
        assert (
            client.get(path).status_code
            == client.post(path, data={"password": "five words in a row"}).status_code
            == 404
        )

    def test_looking_at_the_link_changes_nothing(self, app: Flask, client: FlaskClient, robin: Staff) -> None:
        path = help_path(app, robin)
        before = db.session.scalar(sa.select(User.password_hash))
        for _look in range(5):
            assert client.get(path).status_code == client.head(path).status_code == 200
        assert db.session.scalar(sa.select(User.password_hash)) == before
        assert db.session.scalar(sa.select(SignIn.id)) is None

    def test_links_that_fit_nothing_show_one_page(self, app: Flask, client: FlaskClient, robin: Staff) -> None:
        real = help_path(app, robin).removeprefix(f"{HELP}/")
        pages = [client.get(f"{HELP}/{guess}") for guess in ("x", "A" * 72, real[:-2] + "zz", real.swapcase())]
        assert {page.status_code for page in pages} == {404} and len({page.text for page in pages}) == 1


@pytest.mark.usefixtures("limited")
class TestLimits:
    def test_one_account_takes_ten_wrong_tries(self, client: FlaskClient, robin: Staff) -> None:
        tries = [answer(client, robin.email, "wrong password").status_code for _try in range(11)]
        assert tries == [422] * 10 + [429]
        assert answer(client, robin.email, robin.password).status_code == 429

    def test_unknown_accounts_are_counted_alike(self, client: FlaskClient) -> None:
        assert [answer(client, "nobody@post.example", "wrong").status_code for _try in range(11)][-1] == 429

    def test_one_network_takes_thirty_tries(self, client: FlaskClient, robin: Staff) -> None:
        for number in range(30):
            assert answer(client, f"n{number}@post.example", "wrong").status_code == 422
        page = answer(client, robin.email, robin.password)
        assert page.status_code == 429 and robin.email in page.text and "few minutes" in page.text

    def test_the_counters_are_asked_or_nobody_gets_in(
        self, client: FlaskClient, robin: Staff, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_given: object) -> bool:
            raise ConnectionError

        monkeypatch.setattr(limiter.limiter, "test", broken)
        assert answer(client, robin.email, robin.password).status_code == 503
        assert client.post(HELP, data={"email": robin.email}).status_code == 503
        assert db.session.scalar(sa.select(SignIn.id)) is None

    def test_no_address_is_kept(self, client: FlaskClient, robin: Staff) -> None:
        answer(client, robin.email, "wrong password", environ_overrides={"REMOTE_ADDR": "198.51.100.7"})
        kept = " ".join(map(str, limiter.limiter.storage.storage))  # type: ignore[attr-defined]
        assert kept and "198.51" not in kept and robin.email not in kept


def there(address: str) -> dict[str, dict[str, str]]:
    return {"environ_overrides": {"REMOTE_ADDR": address}}


@pytest.mark.usefixtures("limited_anyhow")
class TestNobodyIsKeptOut:
    def fail(self, app: Flask, email: str, times: int, address: str) -> None:
        """So many wrong passwords came from there."""
        with app.test_request_context("/", environ_base={"REMOTE_ADDR": address}):
            for _time in range(times):
                limits.count_crowd(limits.SIGN_IN_OF_ALL, User.index_of(email).hex())

    def test_by_a_stranger_elsewhere(self, client: FlaskClient, robin: Staff) -> None:
        tries = [answer(client, robin.email, "wrong", **there("198.51.100.7")).status_code for _try in range(12)]
        assert tries == [422] * 10 + [429] * 2
        assert answer(client, robin.email, robin.password, **there("198.51.100.250")).status_code == 429
        assert answer(client, robin.email, robin.password, **there("203.0.113.9")).status_code == 303

    def test_by_strangers_in_many_places(self, app: Flask, client: FlaskClient, robin: Staff, at: Any) -> None:
        for number in range(25):
            self.fail(app, robin.email, 4, f"198.18.{number}.7")
        refused = answer(client, robin.email, robin.password, **there("198.18.3.99"))
        assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
        tries = [answer(client, robin.email, "wrong", **there("203.0.113.9")).status_code for _try in range(4)]
        assert tries == [422] * 3 + [429]
        let_in = answer(client, robin.email, robin.password, **there("192.0.2.1"))
        assert let_in.status_code == 303 and "Retry-After" not in let_in.headers
        at.later(hours=1)
        assert answer(client, robin.email, robin.password, **there("198.18.3.99")).status_code == 303

    def test_who_has_thousands_of_networks_has_few_guesses(self, app: Flask, client: FlaskClient, robin: Staff) -> None:
        self.fail(app, robin.email, 500, "198.18.0.1")
        assert answer(client, robin.email, robin.password, **there("203.0.113.9")).status_code == 429

    def test_one_customer_has_many_networks_of_the_new_kind(
        self, app: Flask, client: FlaskClient, robin: Staff
    ) -> None:
        for number in range(100):
            self.fail(app, robin.email, 1, f"2001:db8:{number:x}::1")
        assert answer(client, robin.email, robin.password, **there("2001:db8:ffff::1")).status_code == 429
        assert answer(client, robin.email, robin.password, **there("2001:db9::1")).status_code == 303

    @pytest.mark.parametrize("times", [99, 100, 500])
    def test_unknown_accounts_are_answered_alike(
        self, app: Flask, client: FlaskClient, robin: Staff, times: int
    ) -> None:
        stranger = "x" * (len(robin.email) - len("@post.example")) + "@post.example"
        pages = []
        for email in (robin.email, stranger):
            self.fail(app, email, times, "198.18.0.1")
            tried = [answer(client, email, "wrong", **there(place)) for place in ("198.18.0.9", "203.0.113.9")]
            pages.append([(page.status_code, page.text.replace(email, "")) for page in tried])
        assert pages[0] == pages[1]
