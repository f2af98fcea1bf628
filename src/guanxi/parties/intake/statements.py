"""The loader's SQL. A batch is offered in a temporary table, judged against what is current, and applied."""

from __future__ import annotations

from typing import Final

MAKE_TABLES: Final = """
CREATE TEMPORARY TABLE offered (
    row bigint, key text, content jsonb, mapped jsonb, told_at timestamptz, deleted boolean
) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE judged (
    row bigint, key text, content jsonb, mapped jsonb, told_at timestamptz,
    old_id uuid, record bigint, version integer, verdict text
) ON COMMIT DELETE ROWS;
"""
OFFERED: Final = ("row", "key", "content", "mapped", "told_at", "deleted")

TAKE: Final = """
UPDATE parties_load SET state = 'loading', started_at = coalesce(started_at, %(at)s), beat_at = %(at)s, ended_at = NULL,
    sentence = ''
WHERE id = %(load)s AND state IN ('waiting', 'loading', 'resolving')
RETURNING source_id, file_id, mode, position, share, confirmed, source_version
"""
LOCK: Final = "SELECT pg_try_advisory_lock(4716, hashtext(%s))"
SOURCE_OF: Final = "SELECT source_id, state FROM parties_load WHERE id = %s"
DESCRIPTION: Final = "SELECT content -> 'description' FROM parties_sourceversion WHERE source_id = %s AND version = %s"
REPEATED: Final = """
SELECT last.at FROM parties_load now
JOIN parties_intakefile file ON file.id = now.file_id
CROSS JOIN LATERAL (
    SELECT l.at, l.mode, l.source_version, f.sha256 FROM parties_load l JOIN parties_intakefile f ON f.id = l.file_id
    WHERE l.source_id = now.source_id AND l.state = 'complete' ORDER BY l.at DESC LIMIT 1
) last
WHERE now.id = %s AND last.mode = now.mode AND last.source_version = now.source_version AND last.sha256 = file.sha256
"""

# Each row is looked up by its key, whatever the planner believes of a table that is being filled: hence the limits.
# A key that a full load has met before: the same again is nothing, another row under it is told to be one too many.
JUDGE: Final = """
INSERT INTO judged
SELECT o.row, o.key, o.content, o.mapped, o.told_at, c.id, c.record, coalesce(c.version, 0), CASE
    WHEN met.record IS NOT NULL THEN CASE WHEN c.content = o.content THEN 'repeated' ELSE 'twice' END
    WHEN o.deleted THEN CASE WHEN c.id IS NULL OR c.gone_at IS NOT NULL THEN 'nothing' ELSE 'gone' END
    WHEN c.id IS NULL THEN 'added'
    WHEN c.content <> o.content OR c.gone_at IS NOT NULL THEN 'changed'
    WHEN c.mapped IS DISTINCT FROM o.mapped THEN 'remapped'
    ELSE 'unchanged' END
FROM offered o
LEFT JOIN LATERAL (
    SELECT * FROM parties_sourcerecord c
    WHERE c.source = %(source)s AND c.key = o.key AND c.superseded_at IS NULL LIMIT 1
) c ON true
LEFT JOIN LATERAL (
    SELECT m.record FROM parties_loadrow m WHERE %(full)s AND m.load_id = %(load)s AND m.record = c.record LIMIT 1
) met ON true
"""
TWICE: Final = "DELETE FROM judged WHERE verdict IN ('repeated', 'twice') RETURNING row, key, verdict = 'repeated'"
CHANGED: Final = """
SELECT j.row, j.record, c.mapped, j.mapped FROM judged j
JOIN LATERAL (SELECT mapped FROM parties_sourcerecord c WHERE c.id = j.old_id LIMIT 1) c ON true
WHERE j.verdict = 'changed' AND c.mapped IS NOT NULL AND c.mapped <> j.mapped
"""
# What somebody has dismissed stays dismissed when the source says it again.
HOLD: Final = """
WITH told AS (SELECT * FROM unnest(%(rows)s::bigint[], %(reasons)s::text[]) AS told (row, reason)),
held AS (
    UPDATE judged j SET verdict = CASE WHEN EXISTS (
        SELECT FROM parties_heldrow h
        WHERE h.record_id = j.old_id AND h.state = 'dismissed' AND h.content = j.content
    ) THEN 'nothing' ELSE 'held' END
    FROM told WHERE told.row = j.row RETURNING j.*, told.reason
)
INSERT INTO parties_heldrow (load_id, record_id, row, content, mapped, told_at, reason, state, decided_by)
SELECT %(load)s, old_id, row, content, mapped, told_at, reason, 'open', '' FROM held WHERE verdict = 'held'
ON CONFLICT (record_id) WHERE state = 'open' DO UPDATE SET
    load_id = excluded.load_id, row = excluded.row, content = excluded.content, mapped = excluded.mapped,
    told_at = excluded.told_at, reason = excluded.reason
"""
LAPSE: Final = """
UPDATE parties_heldrow h SET state = 'lapsed', decided_at = %(at)s FROM judged j
WHERE h.record_id = j.old_id AND h.state = 'open' AND j.verdict IN ('changed', 'unchanged', 'remapped', 'gone')
"""
SUPERSEDE: Final = """
UPDATE parties_sourcerecord c SET superseded_at = %(at)s FROM judged j WHERE c.id = j.old_id AND j.verdict = 'changed'
"""
INSERT: Final = """
WITH made AS (
    INSERT INTO parties_sourcerecord
        (id, record, source, key, version, content, mapped, received_at, told_at)
    SELECT uuidv7(), coalesce(record, nextval('parties_record')), %(source)s, key, version + 1, content, mapped,
        %(at)s, told_at
    FROM judged WHERE verdict IN ('added', 'changed')
    RETURNING id, record, key
),
linked AS (
    UPDATE parties_link l SET source_record_id = made.id FROM judged j JOIN made ON made.record = j.record
    WHERE l.source_record_id = j.old_id AND j.verdict = 'changed'
)
INSERT INTO parties_loadrow (load_id, record, changed) SELECT %(load)s, record, true FROM made
ON CONFLICT (load_id, record) DO UPDATE SET changed = true
"""
REMAP: Final = """
UPDATE parties_sourcerecord c SET mapped = j.mapped FROM judged j WHERE c.id = j.old_id AND j.verdict = 'remapped'
"""
GO: Final = """
UPDATE parties_sourcerecord c SET gone_at = %(at)s FROM judged j WHERE c.id = j.old_id AND j.verdict = 'gone'
"""
NOTE_OTHERS: Final = """
INSERT INTO parties_loadrow (load_id, record, changed)
SELECT %(load)s, record, verdict IN ('remapped', 'gone') FROM judged
WHERE record IS NOT NULL AND verdict NOT IN ('added', 'changed') AND (%(full)s OR verdict IN ('remapped', 'gone'))
ON CONFLICT (load_id, record) DO UPDATE SET changed = parties_loadrow.changed OR excluded.changed
"""
COUNT: Final = "SELECT verdict, count(*) FROM judged GROUP BY verdict"
ADVANCE: Final = """
UPDATE parties_load SET position = %(position)s, share = %(share)s, beat_at = %(at)s, added = added + %(added)s,
    changed = changed + %(changed)s, unchanged = unchanged + %(unchanged)s, gone = gone + %(gone)s,
    rejected = rejected + %(rejected)s, held = held + %(held)s, doubts = %(doubts)s
WHERE id = %(load)s RETURNING state
"""

# Who was not met in a full load is gone, unless it may stand in a row that could not be read.
REJECTED_CELLS: Final = """
CREATE TEMPORARY TABLE rejected_cells ON COMMIT DROP AS
SELECT DISTINCT btrim(cell) AS cell FROM parties_rejection r,
    regexp_split_to_table(r.content, '[|,;\t"]') AS cell
WHERE r.load_id = %(load)s AND r.field = ''
"""
MISSING: Final = """
CREATE TEMPORARY TABLE missing ON COMMIT DROP AS
SELECT c.id, c.record FROM parties_sourcerecord c
WHERE c.source = %(source)s AND c.superseded_at IS NULL AND c.gone_at IS NULL
AND NOT EXISTS (SELECT FROM parties_loadrow met WHERE met.load_id = %(load)s AND met.record = c.record)
AND NOT EXISTS (SELECT FROM rejected_cells r WHERE r.cell = c.key)
"""
COUNT_MISSING: Final = """
SELECT (SELECT count(*) FROM missing), (SELECT count(*) FROM parties_sourcerecord c
WHERE c.source = %(source)s AND c.superseded_at IS NULL AND c.gone_at IS NULL)
"""
GO_MISSING: Final = """
WITH gone AS (
    UPDATE parties_sourcerecord c SET gone_at = %(at)s FROM missing WHERE c.id = missing.id RETURNING c.record
)
INSERT INTO parties_loadrow (load_id, record, changed) SELECT %(load)s, record, true FROM gone
"""
WAITING: Final = """
SELECT record FROM parties_loadrow WHERE load_id = %s AND changed ORDER BY record LIMIT %s
"""
RESOLVED: Final = """
WITH done AS (
    UPDATE parties_loadrow SET changed = false WHERE load_id = %(load)s AND record = ANY(%(records)s::bigint[])
)
UPDATE parties_load SET resolved = resolved + cardinality(%(records)s::bigint[]), beat_at = %(at)s
WHERE id = %(load)s RETURNING state
"""
TELL: Final = "UPDATE parties_load SET sentence = %(sentence)s, beat_at = %(at)s WHERE id = %(load)s RETURNING state"
ALL_RESOLVED: Final = """
WITH done AS (UPDATE parties_loadrow SET changed = false WHERE load_id = %(load)s AND changed RETURNING record)
UPDATE parties_load SET resolved = resolved + (SELECT count(*) FROM done), beat_at = %(at)s WHERE id = %(load)s
"""
HOW_MANY_WAIT: Final = """
SELECT (SELECT count(*) FROM parties_loadrow WHERE load_id = %s AND changed),
    (SELECT count(*) FROM parties_sourcerecord WHERE superseded_at IS NULL AND gone_at IS NULL AND mapped IS NOT NULL)
"""
FORGET_ROWS: Final = "DELETE FROM parties_loadrow WHERE load_id = %s"
END: Final = """
UPDATE parties_load SET state = %(state)s::text, sentence = %(sentence)s, beat_at = %(at)s,
    ended_at = CASE WHEN %(state)s::text IN ('complete', 'repeated', 'failed') THEN %(at)s END
WHERE id = %(load)s
"""
RESOLVING: Final = """
UPDATE parties_load SET state = 'resolving', share = 1, gone = gone + %(gone)s, beat_at = %(at)s WHERE id = %(load)s
"""
