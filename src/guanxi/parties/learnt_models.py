"""Which model compares parties of a kind: the one learnt last from the bank's own records, or the one to start with.

The starting models were learnt from the invented bank of `demo.duplicates` (people), and set by judgement (companies);
`benchmarks.starting_models` makes them anew.
"""

from __future__ import annotations

import datetime as dt
from importlib import resources
from typing import Final

import msgspec

from guanxi.parties.merge import Connection
from guanxi.parties.resolution.model import Model, decode, encode

STARTING: Final = {"person": "people.json", "organisation": "companies.json"}
_ACTIVE: Final = "SELECT body FROM parties_resolutionmodel WHERE kind = %s AND active"
_REST: Final = "UPDATE parties_resolutionmodel SET active = false WHERE kind = %s AND active"
_KEEP: Final = """
INSERT INTO parties_resolutionmodel (kind, version, body, made_at, made_by, note, active)
SELECT %(kind)s::text, coalesce(max(version), 0) + 1, %(body)s::jsonb, %(at)s, %(by)s, %(note)s, true
FROM parties_resolutionmodel WHERE kind = %(kind)s
RETURNING version
"""


def active_model(connection: Connection, kind: str) -> Model:
    """The model that compares parties of `kind` (person, organisation) now."""
    row = connection.execute(_ACTIVE, [kind]).fetchone()
    if row is not None:
        return decode(msgspec.json.encode(row[0]))
    return decode((resources.files("guanxi.parties.resolution") / "starting" / STARTING[kind]).read_bytes())


def keep_model(connection: Connection, kind: str, model: Model, *, by: str, note: str, at: dt.datetime) -> int:
    """Compare with `model` from now on; earlier versions stay. Gives its version."""
    connection.execute(_REST, [kind])
    given = {"kind": kind, "body": encode(model).decode(), "at": at, "by": by, "note": note}
    row = connection.execute(_KEEP, given).fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives one row
    return int(row[0])
