"""The journal's statements. Each serves many requests: its parameters are columns, which `unnest` makes rows of."""

from __future__ import annotations

from typing import Final

from guanxi.exchange.states import steps

STORED: Final = """
SELECT id, fingerprint, state, outcome, reason, reply FROM exchange_journalrequest
WHERE channel = $1 AND idempotency_key = $2
"""
# Those that may be sent: planned until now, or under way by somebody else's hand; not what was dropped or undone.
MARK_SENT: Final = """
WITH marked AS (
    UPDATE exchange_journalleg l SET state = 'sent', sent_at = s.at, next_attempt_at = s.due
    FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS s (id, at, due)
    WHERE l.id = s.id AND l.state = 'planned' RETURNING l.id
)
SELECT id FROM marked UNION ALL
SELECT id FROM exchange_journalleg WHERE id = ANY ($1::uuid[]) AND state IN ('sent', 'pending', 'confirmed', 'in_doubt')
"""
SEND_ELSEWHERE: Final = "UPDATE exchange_journalleg SET endpoint = $2 WHERE id = $1 AND state = 'sent'"
TAKE_IN: Final = """
WITH added AS (
    INSERT INTO exchange_journalrequest (id, channel, idempotency_key, fingerprint, service, actor, party_id,
        account_id, arguments, state, received_at)
    SELECT id, channel, key, fingerprint, service, actor, party_id, account_id, arguments::jsonb,
        CASE WHEN id = ANY ($12::uuid[]) THEN 'authorised' ELSE 'received' END, received_at
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::uuid[], $8::uuid[],
        $9::text[], $10::timestamptz[])
        AS offered (id, channel, key, fingerprint, service, actor, party_id, account_id, arguments, received_at)
    ON CONFLICT (channel, idempotency_key) DO NOTHING
    RETURNING id, received_at
), legs AS (
    INSERT INTO exchange_journalleg (id, request_id, position, system, operation, content, undo, state, attempts,
        sent_at, next_attempt_at, endpoint)
    SELECT leg.id, added.id, leg.position, leg.system, leg.operation, leg.content::jsonb, leg.undo, leg.state, 1,
        added.received_at, leg.due, leg.endpoint
    FROM unnest($11::uuid[], $12::uuid[], $13::smallint[], $14::text[], $15::text[], $16::text[], $17::text[],
        $18::text[], $19::timestamptz[], $20::text[])
        AS leg (id, request_id, position, system, operation, content, undo, state, due, endpoint)
    JOIN added ON added.id = leg.request_id
)
SELECT id FROM added
"""
# The columns of a timeline row, and their parameters from number {0} on.
_ENTRIES: Final = """
    INSERT INTO interactions_interaction (id, occurred_at, party_id, account_id, request_id, amount, currency,
        duration_ms, channel, kind, service, outcome, legs, detail)
    SELECT uuidv7(), entry.at, entry.party_id, entry.account_id, entry.request_id, entry.amount, entry.currency,
        entry.milliseconds, entry.channel, entry.kind, entry.service, entry.outcome,
        nullif(entry.shown::jsonb -> 'legs', '[]'), nullif(entry.shown::jsonb -> 'detail', '{{}}')
    FROM unnest(${0}::uuid[], ${1}::timestamptz[], ${2}::uuid[], ${3}::uuid[], ${4}::numeric[], ${5}::text[],
        ${6}::integer[], ${7}::text[], ${8}::text[], ${9}::text[], ${10}::text[], ${11}::text[])
        AS entry (request_id, at, party_id, account_id, amount, currency, milliseconds, channel, kind, service, outcome,
        shown)
    JOIN {changed} AS changed ON changed.id = entry.request_id
"""
# A balance told later than the one we have.
_BALANCES: Final = """
    UPDATE parties_account a SET ledger_balance = b.ledger, available_balance = b.available, balance_at = b.at
    FROM unnest(${0}::text[], ${1}::numeric[], ${2}::numeric[], ${3}::timestamptz[])
        AS b (number, ledger, available, at)
    WHERE a.number = b.number AND (a.balance_at IS NULL OR a.balance_at <= b.at)
"""
# Only parameter numbers and names of our own are put into these texts.
TAKE_IN_AND_CLOSE: Final = f"""
WITH added AS (
    INSERT INTO exchange_journalrequest (id, channel, idempotency_key, fingerprint, service, actor, party_id,
        account_id, arguments, state, received_at, outcome, reason, reply, closed_at)
    SELECT id, channel, key, fingerprint, service, actor, party_id, account_id, arguments::jsonb, 'closed', received_at,
        outcome, reason, reply::jsonb, closed_at
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::uuid[], $8::uuid[],
        $9::text[], $10::timestamptz[], $11::text[], $12::text[], $13::text[], $14::timestamptz[])
        AS offered (id, channel, key, fingerprint, service, actor, party_id, account_id, arguments, received_at,
        outcome, reason, reply, closed_at)
    ON CONFLICT (channel, idempotency_key) DO NOTHING
    RETURNING id
), entries AS ({_ENTRIES.format(*range(15, 27), changed="added")}
), balances AS ({_BALANCES.format(*range(28, 32))}
), told AS (
    SELECT pg_notify('interactions', payload) FROM unnest($27::text[]) AS payload
)
SELECT id, (SELECT count(*) FROM told) FROM added
"""  # noqa: S608
CLOSE: Final = f"""
WITH closed AS (
    UPDATE exchange_journalrequest r
    SET state = 'closed', outcome = c.outcome, reason = c.reason, reply = c.reply::jsonb, closed_at = c.at
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
        AS c (id, from_outcome, outcome, reason, reply, at)
    WHERE r.id = c.id AND r.outcome IS NOT DISTINCT FROM c.from_outcome
    RETURNING r.id
), legs AS (
    UPDATE exchange_journalleg l
    SET state = s.state, reason = s.reason, reference = coalesce(s.reference, l.reference), closed_at = s.closed_at,
        next_attempt_at = s.next_attempt_at,
        owner = CASE WHEN s.deadline IS NOT NULL THEN coalesce(l.owner, 'recovery') END,
        deadline = CASE WHEN s.deadline IS NOT NULL THEN coalesce(l.deadline, s.deadline) END
    FROM unnest($7::uuid[], $8::uuid[], $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::timestamptz[],
        $14::timestamptz[])
        AS s (request_id, id, state, reason, reference, closed_at, next_attempt_at, deadline)
    JOIN closed ON closed.id = s.request_id
    WHERE l.id = s.id AND (l.state = s.state OR l.state || '>' || s.state = ANY ('{{{",".join(steps())}}}'::text[]))
), balances AS ({_BALANCES.format(*range(15, 19))}
), entries AS ({_ENTRIES.format(*range(19, 31), changed="closed")}
), told AS (
    SELECT pg_notify('interactions', payload) FROM unnest($31::text[]) AS payload
)
SELECT id, (SELECT count(*) FROM told) FROM closed
"""  # noqa: S608
