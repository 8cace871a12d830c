"""What may never be asked or kept. A row that does not exist cannot hurt anyone."""

from __future__ import annotations

import re

from flask import Flask
from wtforms import Form

from scheduler.core.extensions import db

from .tree import modules, room

FORBIDDEN = {
    "status", "immigration_status", "legal_status", "visa", "visa_type", "country", "country_of_birth", "nationality",
    "citizenship", "birth_date", "date_of_birth", "dob", "birthday", "age", "ssn", "social_security",
    "a_number", "alien_number", "uscis_number", "passport", "daca_expiry", "expires_on_card", "card_expires_on",
    "home_address", "street_address", "arrest", "arrests", "police", "police_history", "criminal_record", "religion",
    "race", "ethnicity", "gender", "document", "upload", "photo", "ip", "ip_address", "user_agent",
}  # fmt: skip
PERSON = {"name", "contact", "email", "phone", "note", "needs", "code", "address"}
PLAIN_IS_FINE = {
    "organization": {"name", "email", "phone"},  # a public office, not a person
    "venue": {"name", "address"},
}


def test_no_table_asks_what_must_not_be_known(app: Flask) -> None:
    for table in db.metadata.tables.values():
        wrong = FORBIDDEN & {column.name for column in table.columns}
        assert not wrong, f"{table.name} gained {wrong}: we never keep this; if a step needs it, it stays on paper"


def test_no_form_asks_what_must_not_be_known(app: Flask) -> None:
    import importlib

    for name in modules():
        if room(name) != "forms":
            continue
        for found in vars(importlib.import_module(name)).values():
            if isinstance(found, type) and issubclass(found, Form):
                wrong = FORBIDDEN & set(vars(found))
                assert not wrong, f"{name}.{found.__name__} asks for {wrong}: take the field out"


def test_what_a_person_says_is_sealed(app: Flask) -> None:
    for table in db.metadata.tables.values():
        plain = PERSON & {column.name for column in table.columns} - PLAIN_IS_FINE.get(table.name, set())
        assert not plain, f"{table.name}.{plain} would be plain text of a person: seal it (see models/registration.py)"


def test_nobody_stands_above_a_registration(app: Flask) -> None:
    for table in db.metadata.tables.values():
        assert not re.search(r"attendee|person|people|contact", table.name), (
            f"{table.name}: no table of people across events; a registration stands alone"
        )
    targets = {key.column.table.name for key in db.metadata.tables["registration"].foreign_keys}
    assert targets == {"occurrence", "slot", "checklist"}, (
        f"a registration points to {targets}: two of one person stay unlinked"
    )
