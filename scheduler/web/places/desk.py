"""The desk of a date: people who press at the same moment are served together, in one transaction.

Most of what keeping a place costs is the same for one person and for ten: the lock, its errands, the flush to the disk.
Whoever comes while somebody is served waits here instead of at the database, and is served with all who wait. Before
anybody is served, those whose forms are just being read may come too, and whoever comes until the date is ours.
"""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from weakref import WeakValueDictionary

from sqlalchemy.exc import OperationalError

from ... import registrations
from ...core.errors import Refusal
from ...core.extensions import transaction
from ...registrations import Draft

Person = tuple[Draft, Future[str]]
"""What somebody asks for, and what they get for it, once they are served: the token of the page of their place."""
PATIENCE_SECONDS = 0.01
"""So long, at most, those who could be served wait for those who are on their way."""


class Hall:
    """People of this process on their way to a desk."""

    def __init__(self) -> None:
        self._coming, self._changed = 0, threading.Condition()

    @contextmanager
    def crossed(self) -> Iterator[None]:
        """While the form of one of them is read."""
        with self._changed:
            self._coming += 1
        try:
            yield
        finally:
            with self._changed:
                self._coming -= 1
                if not self._coming:
                    self._changed.notify_all()

    def wait_until_empty(self) -> None:
        """For as long as patience lasts."""
        with self._changed:
            self._changed.wait_for(lambda: not self._coming, PATIENCE_SECONDS)


hall = Hall()


def keep(occurrence_id: uuid.UUID, drafted: Draft) -> str:
    """Keep a place; returns the token of its page. Raises Refusal."""
    with _opening:
        desk = _open.setdefault(occurrence_id, Desk(occurrence_id))
    return desk.keep(drafted)


class Desk:
    """Where people of this process stand who want a place on one date."""

    def __init__(self, occurrence_id: uuid.UUID) -> None:
        self._occurrence_id, self._line, self._turn = occurrence_id, deque[Person](), threading.Lock()

    def keep(self, drafted: Draft) -> str:
        """Wait until one's turn comes, or until somebody else served one on their turn. Raises Refusal."""
        answer = Future[str]()
        self._line.append((drafted, answer))
        with self._turn:
            if not answer.done():
                hall.wait_until_empty()
                self._serve_all()
        return answer.result()

    def _serve_all(self) -> None:
        """What fails for several is tried for each alone, unless the database has no time for anybody."""
        people: list[Person] = []
        try:
            self._serve(people)
        except OperationalError as error:
            for _drafted, answer in people or self._all_who_wait():
                answer.set_exception(error)
        except Exception:
            for person in people or self._all_who_wait():
                self._serve_alone(person)

    def _serve_alone(self, person: Person) -> None:
        try:
            self._serve([person])
        except Exception as error:
            person[1].set_exception(error)

    def _serve(self, people: list[Person]) -> None:
        """Where nobody is named: all who wait when the date is ours. Until then, more may have come."""

        def drafts() -> list[Draft]:
            people.extend([] if people else self._all_who_wait())
            return [drafted for drafted, _answer in people]

        with transaction(seen_at_once=False):
            places = registrations.register_each(self._occurrence_id, drafts)
            told = [place if isinstance(place, Refusal) else place.token() for place in places]
        for (_drafted, answer), said in zip(people, told, strict=True):
            if isinstance(said, Refusal):
                answer.set_exception(said)
            else:
                answer.set_result(said)

    def _all_who_wait(self) -> list[Person]:
        return [self._line.popleft() for _ in range(len(self._line))]


_opening = threading.Lock()
_open: WeakValueDictionary[uuid.UUID, Desk] = WeakValueDictionary()
