"""The SQL of payment files, each named for what it does."""

from __future__ import annotations

from typing import Final

INSERT_FILE: Final = """
INSERT INTO exchange_paymentfile (id, party_id, way, name, idempotency_key, content_hash, octets, received_at, state,
    message_id, message_name, initiating_party, reason, explanation, duplicate_of_id, payments, accepted, rejected,
    pending, total, accepted_total, rejected_total, done_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '', '', $10, $11, $12, 0, 0, 0, 0, 0, 0, 0, $13)
ON CONFLICT DO NOTHING
RETURNING id
"""
INSERT_CONTENT: Final = "INSERT INTO exchange_paymentfilecontent (file_id, compressed) VALUES ($1, $2)"
BY_KEY: Final = """
SELECT id, content_hash, state FROM exchange_paymentfile WHERE party_id = $1 AND idempotency_key = $2
"""
BY_CONTENT: Final = """
SELECT id FROM exchange_paymentfile WHERE party_id = $1 AND content_hash = $2 AND duplicate_of_id IS NULL
"""
CONTENT: Final = "SELECT compressed FROM exchange_paymentfilecontent WHERE file_id = $1"

FILE: Final = """
SELECT id, party_id, way, name, received_at, state, message_id, message_name, initiating_party, created_at,
    declared_number, declared_sum, reason, explanation, duplicate_of_id, payments, accepted, rejected, pending, total,
    accepted_total, rejected_total, checked_at, done_at
FROM exchange_paymentfile WHERE id = $1
"""
BLOCKS: Final = """
SELECT position, payment_information_id, debtor_account, requested_on, reason, explanation
FROM exchange_paymentblock WHERE file_id = $1 ORDER BY position
"""
PAGE: Final = """
SELECT position, block, id, instruction_id, end_to_end_id, amount, currency, state, reason, explanation, reference
FROM exchange_payment WHERE file_id = $1 AND position > $2 ORDER BY position LIMIT $3
"""

# Whoever takes a file holds it until the lease ends; renewed while it is being worked on, over at once after a crash.
CLAIM: Final = """
UPDATE exchange_paymentfile SET lease_until = $1
WHERE id = (
    SELECT id FROM exchange_paymentfile
    WHERE state IN ('received', 'processing') AND (lease_until IS NULL OR lease_until <= $2)
        AND (state = 'received' OR payments > accepted + rejected + pending)
    ORDER BY received_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, party_id, state, received_at
"""
RENEW: Final = "UPDATE exchange_paymentfile SET lease_until = $2 WHERE id = $1 AND state IN ('received', 'processing')"
RELEASE: Final = "UPDATE exchange_paymentfile SET lease_until = $2 WHERE id = $1"

REJECT_FILE: Final = """
UPDATE exchange_paymentfile SET state = 'rejected', reason = $2, explanation = left($3, 500), done_at = $4,
    checked_at = $4, lease_until = NULL, message_id = $5, message_name = $6, initiating_party = $7, created_at = $8,
    declared_number = $9, declared_sum = $10
WHERE id = $1 AND state = 'received'
"""
START_FILE: Final = """
UPDATE exchange_paymentfile SET state = CASE WHEN $9::integer = $10::integer THEN 'done' ELSE 'processing' END,
    done_at = CASE WHEN $9::integer = $10::integer THEN $2::timestamptz END,
    checked_at = $2, message_id = $3, message_name = $4,
    initiating_party = $5, created_at = $6, declared_number = $7, declared_sum = $8, payments = $9, rejected = $10,
    total = $11, rejected_total = $12
WHERE id = $1 AND state = 'received'
"""
SAME_MESSAGE: Final = """
SELECT id FROM exchange_paymentfile
WHERE party_id = $1 AND message_id = $2 AND state <> 'rejected' AND id <> $3
"""
REFUSE_BLOCK: Final = """
UPDATE exchange_payment SET state = 'rejected', reason = $3, explanation = $4, settled_at = $5
WHERE file_id = $1 AND block = $2 AND state = 'received'
"""
BLOCK_FAULT: Final = """
UPDATE exchange_paymentblock SET reason = $3, explanation = left($4, 500) WHERE file_id = $1 AND position = $2
"""
COUNT_REJECTED: Final = """
SELECT count(*) AS number, coalesce(sum(amount), 0) AS total FROM exchange_payment
WHERE file_id = $1 AND state = 'rejected'
"""

# What is to be done today, in the order of the file.
WINDOW: Final = """
SELECT p.id, p.position, p.attempt, p.end_to_end_id, p.amount, p.currency, p.creditor, p.creditor_account,
    p.creditor_agent, p.remittance, b.debtor_account
FROM exchange_payment p JOIN exchange_paymentblock b ON b.file_id = p.file_id AND b.position = p.block
WHERE p.file_id = $1 AND p.state = 'received' AND p.position > $2 AND b.requested_on <= $3
ORDER BY p.position LIMIT $4
"""
ANY_TO_DO: Final = "SELECT EXISTS (SELECT FROM exchange_payment WHERE file_id = $1 AND state = 'received')"

# Ends of payments, and the file's counts with them. `$1` ids, `$2` states, `$3` reasons, `$4` explanations,
# `$5` references, `$6` when. A payment that has its end keeps it.
_COUNTED: Final = """
, counted AS (
    SELECT file_id,
        count(*) FILTER (WHERE state = 'accepted') AS accepted,
        count(*) FILTER (WHERE state = 'rejected') AS rejected,
        count(*) FILTER (WHERE state = 'pending') - count(*) FILTER (WHERE was = 'pending') AS pending,
        coalesce(sum(amount) FILTER (WHERE state = 'accepted'), 0) AS accepted_total,
        coalesce(sum(amount) FILTER (WHERE state = 'rejected'), 0) AS rejected_total
    FROM ended GROUP BY file_id
)
UPDATE exchange_paymentfile f SET accepted = f.accepted + c.accepted, rejected = f.rejected + c.rejected,
    pending = f.pending + c.pending, accepted_total = f.accepted_total + c.accepted_total,
    rejected_total = f.rejected_total + c.rejected_total,
    state = CASE WHEN f.payments = f.accepted + f.rejected + c.accepted + c.rejected THEN 'done' ELSE f.state END,
    done_at = CASE WHEN f.payments = f.accepted + f.rejected + c.accepted + c.rejected THEN $6::timestamptz
        ELSE f.done_at END,
    lease_until = CASE WHEN f.payments = f.accepted + f.rejected + c.accepted + c.rejected THEN NULL
        ELSE f.lease_until END
FROM counted c WHERE f.id = c.file_id
"""
END_PAYMENTS: Final = f"""
WITH told AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
        AS t (id, state, reason, explanation, reference)
), found AS (
    SELECT p.id, p.file_id, p.state AS was, p.amount FROM exchange_payment p JOIN told USING (id)
    WHERE p.state IN ('received', 'pending') ORDER BY p.id FOR UPDATE OF p
), ended AS (
    UPDATE exchange_payment p SET state = told.state, reason = told.reason, explanation = left(told.explanation, 500),
        reference = told.reference, settled_at = CASE WHEN told.state = 'pending' THEN NULL ELSE $6::timestamptz END
    FROM told JOIN found USING (id) WHERE p.id = told.id
    RETURNING p.file_id, p.state, found.was, found.amount
) {_COUNTED}
"""  # noqa: S608 - pieces of our own
# Another attempt is another request: nothing of the earlier one was done.
TRY_AGAIN: Final = """
UPDATE exchange_payment SET attempt = attempt + 1, id = $2 WHERE id = $1 AND state = 'received'
"""
PENDING: Final = """
SELECT p.id, r.outcome, r.reason, r.reply ->> 'reference' AS reference
FROM exchange_payment p JOIN exchange_journalrequest r ON r.id = p.id
WHERE p.state = 'pending' AND r.outcome IN ('completed', 'declined', 'failed', 'reversed')
LIMIT 1000
"""
