"""How good each source is, day by day: the means of its records' scores, kept so that a trend can be drawn."""

from __future__ import annotations

import datetime as dt
from typing import Final

from guanxi.parties.survivorship.reading import Connection
from guanxi.parties.survivorship.scores import HALF_LIFE_DAYS

_FORGET: Final = """
DELETE FROM parties_recordscore score WHERE NOT EXISTS (
    SELECT FROM parties_sourcerecord record
    WHERE record.record = score.record AND record.superseded_at IS NULL AND record.gone_at IS NULL
)
"""
_TAKE: Final = """
INSERT INTO parties_sourcescore (day, source, records, completeness, validity, agreement, timeliness, open_tasks)
SELECT %(day)s, scored.source, scored.records, scored.completeness, scored.validity, scored.agreement,
    scored.timeliness, coalesce(asked.number, 0)
FROM (
    SELECT source, count(*) AS records, avg(completeness) AS completeness, avg(validity) AS validity,
        avg(agreement) AS agreement, avg(power(0.5::float8,
            greatest(extract(epoch FROM %(at)s - told_at), 0)::float8 / 86400 / %(half_life)s)) AS timeliness
    FROM parties_recordscore GROUP BY source
) AS scored
LEFT JOIN (
    SELECT source, count(*) AS number FROM parties_qualitytask, unnest(sources) AS source
    WHERE closed_at IS NULL GROUP BY source
) AS asked ON asked.source = scored.source
ON CONFLICT (day, source) DO UPDATE SET records = excluded.records, completeness = excluded.completeness,
    validity = excluded.validity, agreement = excluded.agreement, timeliness = excluded.timeliness,
    open_tasks = excluded.open_tasks
"""


def take_snapshot(connection: Connection, at: dt.datetime) -> int:
    """Keep the scores of all sources as they stand; of one day the last stands. How many sources there are."""
    connection.execute(_FORGET)
    given = {"day": at.date(), "at": at, "half_life": HALF_LIFE_DAYS}
    return connection.execute(_TAKE, given).rowcount
