"""Triggers that count the open conversations of each member."""

from __future__ import annotations

from alembic import op


def count_open_conversations() -> None:
    """Keep `membership.open_count`, whoever writes conversations: one by one or in sets.

    What `services.giving` promised before is taken from the promise; anything else may go beyond
    the capacity, which only routing has to keep.
    """
    is_postgres = op.get_bind().dialect.name == "postgresql"
    greatest, least = ("greatest", "least") if is_postgres else ("max", "min")
    fewer = f"""
        UPDATE membership SET open_count = open_count - 1,
            beyond = {greatest}(0, {least}(beyond, open_count - 1 - capacity))
        WHERE tenant_id = OLD.tenant_id AND id = OLD.assignee_id;"""  # noqa: S608 - fixed words
    more = f"""
        UPDATE membership SET open_count = open_count + 1,
            beyond = CASE WHEN promised > 0 THEN beyond
                ELSE {greatest}(beyond, open_count + 1 - capacity) END,
            promised = {greatest}(promised - 1, 0)
        WHERE tenant_id = NEW.tenant_id AND id = NEW.assignee_id;"""  # noqa: S608 - fixed words
    was_held = "OLD.assignee_id IS NOT NULL AND OLD.state <> 'closed'"
    is_held = "NEW.assignee_id IS NOT NULL AND NEW.state <> 'closed'"
    differs = "IS DISTINCT FROM" if is_postgres else "IS NOT"
    moved = f"""(OLD.assignee_id {differs} NEW.assignee_id
        OR (OLD.state = 'closed') <> (NEW.state = 'closed'))"""
    for name, event, condition, body in (
        ("began", "INSERT", is_held, more),
        ("ended", "DELETE", was_held, fewer),
        ("left", "UPDATE OF assignee_id, state", f"{moved} AND {was_held}", fewer),
        ("taken", "UPDATE OF assignee_id, state", f"{moved} AND {is_held}", more),
    ):
        trigger = f"conversation_{name}"
        if is_postgres and name == "left":
            # both counters in one order: two people may hand each other a conversation at once
            body = f"""
                PERFORM 1 FROM membership
                WHERE tenant_id = OLD.tenant_id AND id IN (OLD.assignee_id, NEW.assignee_id)
                ORDER BY id FOR NO KEY UPDATE; {body}"""
        if is_postgres:
            op.execute(
                f"CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {body} RETURN NULL; END $$"
            )
            body = f"EXECUTE FUNCTION {trigger}()"
        else:
            body = f"BEGIN {body} END"
        op.execute(
            f"CREATE TRIGGER {trigger} AFTER {event} ON conversation FOR EACH ROW "
            f"WHEN ({condition}) {body}"
        )


def forget() -> None:
    """Drop what PostgreSQL keeps beside the triggers, which went with their table."""
    if op.get_bind().dialect.name == "postgresql":
        for name in ("began", "ended", "left", "taken"):
            op.execute(f"DROP FUNCTION conversation_{name}()")
