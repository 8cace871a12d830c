"""Revision: one number that every public change raises, in the transaction of the change.

Triggers raise it, so that no verb can forget to. Whatever is not named as quiet is loud: also columns that earlier
revisions gain. A later revision that copies a loud table (SQLite) or adds a column to `organization`, `occurrence` or
`slot` calls `watch` again for it; a test says so.

Seats speak up only when a word that the public reads changes (open, few, full): of the time, or of the date over the
times from some hour on. On PostgreSQL the number is raised at the end of the transaction and once in it: its one row is
nobody's to wait for meanwhile, and no lock is taken in the wrong order.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LOUD = ("event", "occurrence", "slot", "venue", "organization", "checklist", "cohost", "training")
QUIET = {
    "organization": ("audit_number",),
    "occurrence": ("last_number", "last_door_number", "waiting"),
    "slot": ("seats_taken",),
}
"""What changes with every registration or every look at a roster."""

RAISE = (
    "INSERT INTO revision (id, number, mark) VALUES (1, 1, {mark}) "
    "ON CONFLICT (id) DO UPDATE SET number = revision.number + 1, mark = excluded.mark"
)
WORD = "CASE WHEN {free} <= 0 THEN 0 WHEN ({free}) * 4 <= places THEN 1 ELSE 2 END"
CROSSES = f"""(SELECT waiting FROM occurrence WHERE id = NEW.occurrence_id) = 0 AND EXISTS (
    SELECT 1 FROM (
        SELECT NEW.seats_limit AS places, NEW.seats_limit - NEW.seats_taken AS free
        UNION ALL
        SELECT SUM(later.seats_limit), SUM(later.seats_limit - later.seats_taken)
        FROM slot AS first JOIN slot AS later
            ON later.occurrence_id = first.occurrence_id AND later.starts_at >= first.starts_at
        WHERE first.occurrence_id = NEW.occurrence_id AND first.starts_at <= NEW.starts_at
        GROUP BY first.id
    ) AS room
    WHERE {WORD.format(free="free")} <> {WORD.format(free="free + NEW.seats_taken - OLD.seats_taken")}
)"""
WAITS = "(OLD.waiting > 0) <> (NEW.waiting > 0)"


def upgrade() -> None:
    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_revision_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
    )
    op.create_index("ix_slot_starts_at", "slot", ["starts_at"])
    if _is_postgresql():
        _make_functions()
    for table in LOUD:
        watch(table)
    op.execute(RAISE.format(mark="0"))


def downgrade() -> None:
    for table in LOUD:
        unwatch(table)
    if _is_postgresql():
        op.execute("DROP FUNCTION raise_revision(), touch_slot()")
    op.drop_index("ix_slot_starts_at", "slot")
    op.drop_table("revision")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def watch(table: str) -> None:
    """Let every change of this table raise the revision, but for its quiet columns."""
    columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)]
    loud = ", ".join(name for name in columns if name not in QUIET.get(table, ()))
    for name, act, when in _occasions(table, loud):
        _make_trigger(f"revision_{table}_{name}", act, table, when)
    if table == "slot":
        _watch_seats()


def unwatch(table: str) -> None:
    names = [name for name, _act, _when in _occasions(table, "")] + (["seats"] if table == "slot" else [])
    for name in names:
        on_table = f" ON {table}" if _is_postgresql() else ""
        op.execute(f"DROP TRIGGER revision_{table}_{name}{on_table}")


def _occasions(table: str, loud: str) -> list[tuple[str, str, str]]:
    """Name, act and condition of each trigger."""
    found = [("insert", "INSERT", ""), ("update", f"UPDATE OF {loud}", ""), ("delete", "DELETE", "")]
    return [*found, ("waiting", "UPDATE OF waiting", WAITS)] if table == "occurrence" else found


def _make_trigger(name: str, act: str, table: str, when: str) -> None:
    condition = f"WHEN ({when})" if when else ""
    if _is_postgresql():
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {act} ON {table} DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW {condition} EXECUTE FUNCTION raise_revision()"
        )
    else:
        op.execute(
            f"CREATE TRIGGER {name} AFTER {act} ON {table} FOR EACH ROW {condition} "
            f"BEGIN {RAISE.format(mark='random()')}; END"
        )


def _watch_seats() -> None:
    """PostgreSQL looks at once, while no other time of the date has changed, and touches the slot's loud columns."""
    if _is_postgresql():
        op.execute(
            "CREATE TRIGGER revision_slot_seats AFTER UPDATE OF seats_taken ON slot "
            "FOR EACH ROW WHEN (OLD.seats_taken <> NEW.seats_taken) EXECUTE FUNCTION touch_slot()"
        )
    else:
        _make_trigger("revision_slot_seats", "UPDATE OF seats_taken", "slot", CROSSES)


def _make_functions() -> None:
    draw = "hashtextextended(gen_random_uuid()::text, 0)"
    op.execute(f"""
        CREATE FUNCTION raise_revision() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF current_setting('porchlight.raised', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
                {RAISE.format(mark=draw)};
                PERFORM set_config('porchlight.raised', pg_current_xact_id()::text, true);
            END IF;
            RETURN NULL;
        END $$
    """)
    op.execute(f"""
        CREATE FUNCTION touch_slot() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF {CROSSES} THEN
                UPDATE slot SET seats_limit = seats_limit WHERE id = NEW.id;
            END IF;
            RETURN NULL;
        END $$
    """)
