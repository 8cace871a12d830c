"""Accounts: passwords, sessions, and the letter for those who forgot."""

from __future__ import annotations

import statistics
import threading
import time
import uuid
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher, extract_parameters
from flask import Flask

from scheduler import accounts, organizations
from scheduler.accounts import passwords
from scheduler.core import clock, tokens
from scheduler.core.errors import Missing, Refusal
from scheduler.core.extensions import db, transaction
from scheduler.models.message import Message
from scheduler.models.user import SignIn, User

from ..ground.statements import counted

PHRASE = "four words in a row"
EMAIL = "Ana.Vale@Lamplight.example"


@pytest.fixture
def ana(world: ModuleType) -> uuid.UUID:
    with transaction():
        made = accounts.create_user(email=EMAIL, name="Ana Vale", password=PHRASE, language="es").id
        organizations.add_member(world.organization(), made, "lead")
    return made


def user(user_id: uuid.UUID) -> User:
    return db.session.get_one(User, user_id, populate_existing=True)


def begun(email: str = EMAIL, password: str = PHRASE) -> str:
    proof = accounts.prove(email, password)
    with transaction():
        return accounts.sign_in(proof)


def help_token(user_id: uuid.UUID, seconds: int = 3600, secret: str | None = None, app: Flask | None = None) -> str:
    found = user(user_id)
    ends = int(clock.now().timestamp()) + seconds
    key = secret or str(app.secret_key if app else "")
    return tokens.derive_password_token(key, found.id, found.password_hash, ends)


class TestPasswords:
    def test_the_hash_is_argon2id_of_at_least_19_mib(self, ana: uuid.UUID) -> None:
        kept = extract_parameters(user(ana).password_hash)
        assert user(ana).password_hash.startswith("$argon2id$")
        assert kept.memory_cost >= 19 * 1024 and kept.time_cost >= 2 and kept.parallelism == 1

    def test_name_and_email_are_sealed_and_the_email_is_found_in_any_case(self, ana: uuid.UUID) -> None:
        row = db.session.execute(sa.text("SELECT * FROM staff_user")).one()
        for column in row:
            assert b"Vale" not in (bytes(column) if isinstance(column, (bytes, memoryview)) else str(column).encode())
        assert (user(ana).name, user(ana).email) == ("Ana Vale", EMAIL)
        assert accounts.prove(" ana.vale@LAMPLIGHT.example ", PHRASE).user_id == ana

    def test_eleven_characters_are_too_few(self, app: Flask) -> None:
        with pytest.raises(Refusal) as refused, transaction():
            accounts.create_user(email="b@post.example", name="B", password="11 letters!")
        assert refused.value.field == "password"

    def test_one_email_has_one_account(self, ana: uuid.UUID) -> None:
        with pytest.raises(Refusal) as refused, transaction():
            accounts.create_user(email=EMAIL.upper(), name="Another", password=PHRASE)
        assert refused.value.field == "email"

    def test_wrong_email_and_wrong_password_are_refused_alike(self, ana: uuid.UUID) -> None:
        with pytest.raises(Refusal) as unknown:
            accounts.prove("nobody@post.example", PHRASE)
        with pytest.raises(Refusal) as wrong:
            accounts.prove(EMAIL, PHRASE + "!")
        assert (unknown.value.words, unknown.value.field) == (wrong.value.words, wrong.value.field)

    def test_time_does_not_tell_who_has_an_account(self, ana: uuid.UUID) -> None:
        def took(email: str) -> float:
            start = time.perf_counter()
            with pytest.raises(Refusal):
                accounts.prove(email, "not the password")
            return time.perf_counter() - start

        rounds = [(took(EMAIL), took(f"{uuid.uuid4().hex}@post.example")) for _round in range(15)]
        known, unknown = (statistics.median(times) for times in zip(*rounds, strict=True))
        assert 0.5 < known / unknown < 2

    def test_a_hash_of_older_strength_is_replaced_at_the_next_sign_in(self, ana: uuid.UUID) -> None:
        with transaction():
            user(ana).password_hash = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PHRASE)
        assert begun()
        assert extract_parameters(user(ana).password_hash).memory_cost >= 19 * 1024
        assert accounts.prove(EMAIL, PHRASE).fresh is None

    def test_at_most_two_passwords_are_hashed_at_once(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        busy, most, gate = 0, 0, threading.Lock()

        class Slow:
            def hash(self, _password: str) -> str:
                nonlocal busy, most
                with gate:
                    busy += 1
                    most = max(most, busy)
                time.sleep(0.02)
                with gate:
                    busy -= 1
                return "hash"

        monkeypatch.setattr(passwords, "_hasher", Slow())
        threads = [threading.Thread(target=accounts.hashed, args=(PHRASE,)) for _number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert most == 2

    def test_an_accent_may_be_typed_in_two_ways(self, app: Flask) -> None:
        with transaction():
            accounts.create_user(email="b@post.example", name="B", password="caf\u00e9 caf\u00e9 caf\u00e9")
        assert accounts.prove("b@post.example", "cafe\u0301 cafe\u0301 cafe\u0301")


class TestSessions:
    def test_the_token_stands_nowhere(self, ana: uuid.UUID) -> None:
        token = begun()
        row = db.session.scalars(sa.select(SignIn)).one()
        assert len(token) == 43
        assert token.encode() not in bytes(row.token_hash) and len(row.token_hash) == 32
        assert accounts.by_token(token) is row and row.user_id == ana

    def test_other_tokens_find_nobody(self, ana: uuid.UUID) -> None:
        token = begun()
        row = db.session.scalars(sa.select(SignIn)).one()
        for guess in ("", "x", token[:-1], token + "A", token.swapcase(), row.token_hash.hex(), str(row.id), "é" * 43):
            assert accounts.by_token(guess) is None

    def test_it_ends_after_half_an_hour_without_use(self, ana: uuid.UUID, at: Any) -> None:
        at("2026-11-20 10:00")
        token = begun()
        at.later(minutes=29)
        found = accounts.by_token(token)
        assert found
        with transaction():
            accounts.was_seen(found.id)
        at.later(minutes=29)
        assert accounts.by_token(token)
        at.later(minutes=1)
        assert accounts.by_token(token) is None

    def test_it_ends_after_twelve_hours_in_any_case(self, ana: uuid.UUID, at: Any) -> None:
        start = at("2026-11-20 06:00")
        token = begun()
        while clock.now() < start + timedelta(hours=12) - timedelta(minutes=20):
            at.later(minutes=20)
            found = accounts.by_token(token)
            assert found
            with transaction():
                accounts.was_seen(found.id)
        at.later(minutes=20)
        assert accounts.by_token(token) is None

    def test_signing_out_ends_one_session_and_everywhere_ends_all(self, ana: uuid.UUID) -> None:
        first, second, third = begun(), begun(), begun()
        ended = accounts.by_token(first)
        assert ended
        with transaction():
            accounts.sign_out(ended.id)
        assert accounts.by_token(first) is None and accounts.by_token(second) and accounts.by_token(third)
        with transaction():
            accounts.sign_out_everywhere(ana)
        assert accounts.by_token(second) is None and accounts.by_token(third) is None

    def test_somebody_elses_sessions_go_on(self, ana: uuid.UUID, world: ModuleType) -> None:
        with transaction():
            robin = world.organizer()
        token = begun(robin.email, robin.password)
        with transaction():
            accounts.sign_out_everywhere(ana)
        assert accounts.by_token(token)

    def test_ended_sessions_are_forgotten_at_the_next_sign_in(self, ana: uuid.UUID, at: Any) -> None:
        at("2026-11-20 06:00")
        begun()
        at.later(hours=13)
        begun()
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SignIn)) == 1

    def test_user_and_organizations_come_along_in_two_statements(self, world: ModuleType) -> None:
        with transaction():
            robin = world.organizer()
        token = begun(robin.email, robin.password)
        db.session.remove()
        with counted() as statements:
            found = accounts.by_token(token)
            assert found and found.user.memberships[0].organization.name and found.user.language == "en"
        assert len(statements) == 2

    def test_a_proof_is_worth_nothing_after_the_password_changed(self, ana: uuid.UUID) -> None:
        proof = accounts.prove(EMAIL, PHRASE)
        with transaction():
            accounts.change_password(proof, accounts.hashed("another long phrase"))
        with pytest.raises(Refusal), transaction():
            accounts.sign_in(proof)

    def test_a_new_password_ends_every_other_session(self, ana: uuid.UUID) -> None:
        old = begun()
        proof = accounts.prove_again(ana, PHRASE)
        with transaction():
            fresh = accounts.change_password(proof, accounts.hashed("another long phrase"))
        assert accounts.by_token(old) is None and accounts.by_token(fresh)
        with pytest.raises(Refusal):
            accounts.prove(EMAIL, PHRASE)
        assert accounts.prove(EMAIL, "another long phrase")

    def test_who_belongs_nowhere_cannot_sign_in_and_only_they_hear_why(self, ana: uuid.UUID, world: ModuleType) -> None:
        with transaction():
            organizations.remove_member(world.organization(), ana)
        with pytest.raises(Refusal) as guessed:
            accounts.prove(EMAIL, PHRASE + "!")
        with pytest.raises(Refusal) as refused:
            begun()
        assert "any organization" in str(refused.value.words) and "any organization" not in str(guessed.value.words)
        assert db.session.scalar(sa.select(SignIn.id)) is None
        with transaction():
            organizations.add_member(world.organization("far-shore"), ana, "checkin_lead")
        assert begun()

    def test_the_old_password_must_be_known(self, ana: uuid.UUID) -> None:
        with pytest.raises(Refusal) as refused:
            accounts.prove_again(ana, "not it")
        assert refused.value.field == "old"


class TestRecovery:
    def test_an_invitation_is_a_letter_with_a_link(self, app: Flask, at: Any) -> None:
        at("2026-11-20 09:00")
        with transaction():
            made = accounts.invite(email="door@post.example", name="Dee Door", language="es").id
        (letter,) = self.letters()
        assert (letter.user_id, letter.state, user(made).language) == (made, "waiting", "es")
        with transaction():
            accounts.set_new_password(help_token(made, app=app), accounts.hashed(PHRASE))
        assert accounts.prove("door@post.example", PHRASE)
        with pytest.raises(Refusal), transaction():
            accounts.invite(email="DOOR@post.example", name="Again", language="en")

    def letters(self) -> list[Message]:
        return list(db.session.scalars(sa.select(Message).where(Message.letter == "sign_in_help")))

    def test_a_letter_is_written_and_holds_no_token(self, ana: uuid.UUID) -> None:
        with transaction():
            accounts.ask_for_help(EMAIL.lower())
        (letter,) = self.letters()
        assert letter.user_id == ana and letter.state == "waiting"

    def test_three_letters_a_day_are_enough(self, ana: uuid.UUID, at: Any) -> None:
        at("2026-11-20 09:00")
        for _try in range(5):
            at.later(minutes=2)
            with transaction():
                accounts.ask_for_help(EMAIL)
        assert len(self.letters()) == 3
        at.later(hours=25)
        with transaction():
            accounts.ask_for_help(EMAIL)
        assert len(self.letters()) == 4

    def test_an_impatient_thumb_gets_one_letter(self, ana: uuid.UUID, at: Any) -> None:
        at("2026-11-20 09:00")
        for _try in range(3):
            with transaction():
                accounts.ask_for_help(EMAIL)
        assert len(self.letters()) == 1

    def test_an_unknown_address_leaves_nothing(self, ana: uuid.UUID) -> None:
        with transaction():
            accounts.ask_for_help("nobody@post.example")
        assert not self.letters()

    def test_time_does_not_tell_whether_a_letter_goes_out(self, app: Flask, ana: uuid.UUID, at: Any) -> None:
        def took(email: str) -> float:
            at.later(hours=9)
            start = time.perf_counter()
            with transaction():
                accounts.ask_for_help(email)
            return time.perf_counter() - start

        rounds = [(took(EMAIL), took(f"{uuid.uuid4().hex}@post.example")) for _round in range(15)]
        known, unknown = (statistics.median(times) for times in zip(*rounds, strict=True))
        assert len(self.letters()) == 15 and 0.3 < known / unknown < 3, (known, unknown)

    def test_the_link_sets_a_password_once_and_signs_out_everywhere(self, app: Flask, ana: uuid.UUID) -> None:
        session = begun()
        token = help_token(ana, app=app)
        assert accounts.by_help_token(token).id == ana
        with transaction():
            accounts.set_new_password(token, accounts.hashed("another long phrase"))
        assert accounts.prove(EMAIL, "another long phrase") and accounts.by_token(session) is None
        with pytest.raises(Missing), transaction():
            accounts.set_new_password(token, accounts.hashed("a third long phrase"))

    def test_forged_expired_and_foreign_links_are_missing_alike(self, app: Flask, ana: uuid.UUID, at: Any) -> None:
        at("2026-11-20 09:00")
        real = help_token(ana, app=app)
        forged = help_token(ana, secret="somebody else's key")
        stranger = tokens.derive_password_token(str(app.secret_key), uuid.uuid4(), "x", 2**40)
        for token in (
            forged,
            stranger,
            real[:-1],
            real.swapcase(),
            "",
            "x" * 72,
            "é" * 72,
            help_token(ana, 0, app=app),
        ):
            with pytest.raises(Missing):
                accounts.by_help_token(token)
        at.later(minutes=60)
        with pytest.raises(Missing):
            accounts.by_help_token(real)
