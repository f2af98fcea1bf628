"""What people do with tasks of data quality: take or give them, settle them with a reason, open them again."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from enum import StrEnum
from typing import Any, Final

from guanxi.access import audit_chain
from guanxi.parties.survivorship.errors import TaskSettled
from guanxi.parties.survivorship.reading import Connection

LONGEST_REASON: Final = 300
AT_ONCE: Final = 500


class Settlement(StrEnum):
    """How a person settles a task."""

    RESOLVED = "resolved"  # the source has been put right, or will be
    DISMISSED = "dismissed"  # it is right as it is; it is not asked again while sources say the same


_ASSIGN: Final = """
UPDATE parties_qualitytask SET owner = %s, state = CASE WHEN %s = '' THEN 'open' ELSE 'assigned' END
WHERE id = ANY(%s::uuid[]) AND closed_at IS NULL
"""
_SETTLE: Final = """
UPDATE parties_qualitytask SET state = %s, closed_at = %s, closed_by = %s, reason = %s
WHERE id = ANY(%s::uuid[]) AND closed_at IS NULL
"""
_REOPEN: Final = """
UPDATE parties_qualitytask task SET state = CASE WHEN owner = '' THEN 'open' ELSE 'assigned' END, closed_at = NULL,
    closed_by = '', reason = ''
WHERE id = %s AND state IN ('resolved', 'dismissed') AND NOT EXISTS (
    SELECT FROM parties_qualitytask other WHERE other.party_id = task.party_id AND other.field = task.field
        AND other.kind = task.kind AND other.closed_at IS NULL
)
"""


def assign_tasks(
    connection: Connection, *, actor: str, tasks: Collection[uuid.UUID], owner: str, at: dt.datetime
) -> None:
    """Give tasks to a member of staff; to nobody, with an empty `owner`. `TaskSettled` when one is not open."""
    chosen = list(tasks)[:AT_ONCE]
    _all(connection.execute(_ASSIGN, [owner, owner, chosen]).rowcount, chosen)
    _audit(connection, actor, "assign_quality_task", chosen, at, {"owner": owner})


def settle_tasks(
    connection: Connection,
    *,
    actor: str,
    tasks: Collection[uuid.UUID],
    settlement: Settlement,
    reason: str,
    at: dt.datetime,
) -> None:
    """Settle tasks, saying why. `TaskSettled` when one has been settled already; then none is."""
    chosen, why = list(tasks)[:AT_ONCE], reason.strip()[:LONGEST_REASON]
    _all(connection.execute(_SETTLE, [settlement, at, actor, why, chosen]).rowcount, chosen)
    _audit(connection, actor, "settle_quality_task", chosen, at, {"settlement": settlement.value, "reason": why})


def reopen_task(connection: Connection, *, actor: str, task: uuid.UUID, at: dt.datetime) -> None:
    """Take a settlement back. `TaskSettled` when there is nothing to take back, or the matter is open anew."""
    _all(connection.execute(_REOPEN, [task]).rowcount, [task])
    _audit(connection, actor, "reopen_quality_task", [task], at, {})


def _all(changed: int, tasks: Collection[uuid.UUID]) -> None:
    if changed != len(set(tasks)) or not tasks:
        raise TaskSettled


def _audit(
    connection: Connection,
    actor: str,
    action: str,
    tasks: Collection[uuid.UUID],
    at: dt.datetime,
    detail: dict[str, Any],
) -> None:
    """One entry for what was done together."""
    first, number = next(iter(tasks)), len(tasks)
    more = {"tasks": [str(task) for task in tasks][:20], "number": number} if number > 1 else {}
    audit_chain.append(connection, actor=actor, action=action, subject=f"task:{first}", at=at, detail=detail | more)
