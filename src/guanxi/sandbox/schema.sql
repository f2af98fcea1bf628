-- The sandbox bank. Every movement of money is one posting with the account it leaves and the account it reaches,
-- so debits equal credits by construction: there is no way to write half of one.

CREATE TABLE IF NOT EXISTS account (
    number varchar(34) PRIMARY KEY CHECK (number NOT LIKE 'GL-%'),
    system varchar(16) NOT NULL CHECK (system IN ('savings', 'integrated', 'loans', 'cards')),
    product varchar(40) NOT NULL DEFAULT '',
    currency char(3) NOT NULL,
    owner varchar(200) NOT NULL DEFAULT '',
    status varchar(8) NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'blocked', 'closed')),
    ledger_balance numeric(24, 4) NOT NULL DEFAULT 0,
    held numeric(24, 4) NOT NULL DEFAULT 0 CHECK (held >= 0),
    credit_limit numeric(19, 4) NOT NULL DEFAULT 0 CHECK (credit_limit >= 0),
    annual_rate numeric(7, 4) NOT NULL DEFAULT 0,
    accrued numeric(19, 10) NOT NULL DEFAULT 0, -- interest below the smallest unit, carried to the next day
    opened_on date NOT NULL DEFAULT current_date,
    pan varchar(19) UNIQUE,
    expires varchar(4)
) WITH (fillfactor = 80);

CREATE TABLE IF NOT EXISTS operation (
    system varchar(16) NOT NULL,
    id uuid NOT NULL,
    operation varchar(20) NOT NULL,
    status varchar(9) NOT NULL
        CHECK (status IN ('posted', 'refused', 'reversed', 'accepted', 'confirmed', 'rejected', 'captured', 'released')),
    reason varchar(32),
    account varchar(34),
    to_account varchar(34),
    amount numeric(19, 4),
    currency char(3),
    hold uuid,
    debited varchar(34), -- what it posted, so that it can be posted back
    credited varchar(34),
    answer jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    PRIMARY KEY (system, id)
);
CREATE INDEX IF NOT EXISTS operation_open_holds ON operation (expires_at) WHERE status = 'posted' AND operation = 'hold';

-- Ledger accounts (vault, merchants, billers, interest, clearing, opening) keep no running balance: everybody posts to
-- them at once, and their balance is the sum of their postings. Only accounts of customers are looked up by number.
CREATE TABLE IF NOT EXISTS posting (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system varchar(16) NOT NULL,
    operation_id uuid NOT NULL,
    debit_account varchar(34) NOT NULL,
    credit_account varchar(34) NOT NULL,
    amount numeric(19, 4) NOT NULL CHECK (amount > 0),
    currency char(3) NOT NULL,
    memo varchar(140) NOT NULL DEFAULT '',
    value_date date NOT NULL DEFAULT current_date,
    at timestamptz NOT NULL DEFAULT now(),
    CHECK (debit_account <> credit_account)
);
CREATE INDEX IF NOT EXISTS posting_debit ON posting (debit_account, id DESC) WHERE debit_account NOT LIKE 'GL-%';
CREATE INDEX IF NOT EXISTS posting_credit ON posting (credit_account, id DESC) WHERE credit_account NOT LIKE 'GL-%';
CREATE INDEX IF NOT EXISTS posting_value_date ON posting USING brin (value_date) WITH (autosummarize = on);

-- What is in the books stays there: mistakes are posted back, never rubbed out.
CREATE OR REPLACE FUNCTION bank_keep_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'postings are never changed or deleted; post the reverse' USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER posting_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON posting
    FOR EACH STATEMENT EXECUTE FUNCTION bank_keep_postings();

-- An account cannot be opened with money in it unless the money is posted.
CREATE OR REPLACE FUNCTION bank_post_opening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO posting (system, operation_id, debit_account, credit_account, amount, currency, memo, value_date)
    SELECT system, gen_random_uuid(), CASE WHEN ledger_balance > 0 THEN 'GL-OPENING-' || currency ELSE number END,
        CASE WHEN ledger_balance > 0 THEN number ELSE 'GL-OPENING-' || currency END, abs(ledger_balance), currency,
        'opening balance', opened_on
    FROM opened WHERE ledger_balance <> 0;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER account_opening_is_posted AFTER INSERT ON account REFERENCING NEW TABLE AS opened
    FOR EACH STATEMENT EXECUTE FUNCTION bank_post_opening();

CREATE TABLE IF NOT EXISTS callback (
    operation_id uuid PRIMARY KEY,
    body jsonb NOT NULL,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    delivered_at timestamptz
);
CREATE INDEX IF NOT EXISTS callback_due ON callback (due_at) WHERE delivered_at IS NULL;

CREATE TABLE IF NOT EXISTS day_end (date date PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());

-- Decimal places by ISO 4217.
CREATE OR REPLACE FUNCTION bank_places(currency text) RETURNS integer LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE WHEN currency IN ('JPY', 'KRW') THEN 0 WHEN currency IN ('KWD', 'BHD') THEN 3 ELSE 2 END $$;

CREATE OR REPLACE FUNCTION bank_money(amount numeric, currency text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT round(amount, bank_places(currency))::text $$;

CREATE OR REPLACE FUNCTION bank_available(a account) RETURNS numeric LANGUAGE sql IMMUTABLE AS
    'SELECT a.ledger_balance - a.held + a.credit_limit';

CREATE OR REPLACE FUNCTION bank_reference(the_system text, the_id uuid) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT upper(left(the_system, 2) || right(replace(the_id::text, '-', ''), 14)) $$;

-- Move money between two accounts. Accounts of customers keep their balance here; ledger accounts do not.
CREATE OR REPLACE FUNCTION bank_post(
    the_system text, the_operation uuid, from_account text, into_account text, the_amount numeric, the_currency text,
    the_memo text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO posting (system, operation_id, debit_account, credit_account, amount, currency, memo)
    VALUES (the_system, the_operation, from_account, into_account, the_amount, the_currency, left(the_memo, 140));
    UPDATE account SET ledger_balance = ledger_balance - the_amount WHERE number = from_account;
    UPDATE account SET ledger_balance = ledger_balance + the_amount WHERE number = into_account;
END $$;

CREATE OR REPLACE FUNCTION bank_balances(prefix text, the_number text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(prefix || 'ledger_balance', bank_money(a.ledger_balance, a.currency),
        prefix || 'available_balance', bank_money(bank_available(a), a.currency))
    FROM account a WHERE a.number = the_number
$$;

-- The answer to an operation that is known already: the first one, unless it was taken back or is another one.
CREATE OR REPLACE FUNCTION bank_repeat(known operation, what text, mine text, other text, the_amount numeric)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN known.status = 'reversed' THEN
            jsonb_build_object('id', known.id, 'status', 'refused', 'reason', 'refused_by_system')
        WHEN (known.operation, known.account, known.to_account, known.amount)
            IS DISTINCT FROM (what, mine, other, the_amount) THEN
            jsonb_build_object('id', known.id, 'status', 'refused', 'reason', 'duplicate_request')
        ELSE known.answer
    END
$$;

-- Many operations in one commit: read once, decide in memory, write once. Accounts are locked first, in number order,
-- so that opposite transfers never meet; whatever else is read (earlier operations, holds) changes under those locks
-- only. An advisory lock on the operation's own id keeps two copies of one message, or a message and its reversal, from
-- running side by side. One call must name no id twice, neither as an operation nor as a hold: the caller sees to it.
CREATE OR REPLACE FUNCTION bank_perform(the_system text, operations jsonb) RETURNS SETOF jsonb LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    ids uuid[];
    hold_ids uuid[];
    numbers text[]; currencies text[]; statuses text[]; ledgers numeric[]; helds numeric[]; limits numeric[];
    known operation[];
    holds operation[];
    done operation[] := '{}';
    posted posting[] := '{}';
    ended operation[] := '{}';
    n record;
    made operation;
    entry posting;
    was operation;
    a integer;
    b integer;
    takes boolean;
    ledger_account text;
BEGIN
    SELECT array_agg(id), array_agg(account) || coalesce(array_agg(to_account) FILTER (WHERE to_account IS NOT NULL), '{}'),
        array_agg(hold) FILTER (WHERE hold IS NOT NULL)
    INTO ids, numbers, hold_ids
    FROM jsonb_to_recordset(operations) AS t (id uuid, account text, to_account text, hold uuid);
    PERFORM pg_advisory_xact_lock(key) FROM (
        SELECT hashtextextended(each::text, 0) AS key FROM unnest(ids) AS each ORDER BY key
    ) AS keys;
    SELECT array_agg(l.number), array_agg(l.currency), array_agg(l.status), array_agg(l.ledger_balance), array_agg(l.held),
        array_agg(l.credit_limit)
    INTO numbers, currencies, statuses, ledgers, helds, limits
    FROM (SELECT * FROM account WHERE number = ANY (numbers) AND system = the_system ORDER BY number FOR UPDATE) AS l;
    known := ARRAY(SELECT o FROM operation AS o WHERE system = the_system AND id = ANY (ids));
    IF hold_ids IS NOT NULL THEN
        holds := ARRAY(SELECT o FROM operation AS o
            WHERE system = the_system AND operation = 'hold' AND id = ANY (hold_ids));
    END IF;

    FOR n IN SELECT * FROM jsonb_to_recordset(operations) AS t (id uuid, operation text, account text, to_account text,
        amount numeric, currency text, hold uuid, memo text, value_date date, expires_at timestamptz, purpose text)
    LOOP
        IF cardinality(known) > 0 THEN
            SELECT * INTO was FROM unnest(known) AS k WHERE k.id = n.id;
            IF FOUND THEN
                RETURN NEXT bank_repeat(was, n.operation, n.account, n.to_account, n.amount);
                CONTINUE;
            END IF;
        END IF;
        was := NULL;
        IF n.hold IS NOT NULL THEN
            SELECT * INTO was FROM unnest(holds) AS h WHERE h.id = n.hold AND h.account = n.account;
        END IF;
        a := array_position(numbers, n.account);
        b := CASE WHEN n.operation = 'transfer' THEN array_position(numbers, n.to_account) END;
        takes := n.operation IN ('withdraw', 'purchase', 'transfer', 'debit', 'hold', 'disburse', 'finance_premium');
        made := NULL;
        made.reason := CASE
            WHEN a IS NULL OR (n.operation = 'transfer' AND b IS NULL) THEN 'account_unknown'
            WHEN statuses[a] = 'closed' OR statuses[b] = 'closed' THEN 'account_closed'
            WHEN takes AND statuses[a] = 'blocked' THEN 'account_blocked'
            WHEN currencies[a] <> n.currency OR currencies[b] <> n.currency THEN 'currency_mismatch'
            WHEN a = b OR (n.operation IN ('disburse', 'finance_premium', 'repay') AND the_system <> 'loans') THEN 'invalid_request'
            WHEN n.operation IN ('capture', 'release') AND (was.id IS NULL OR was.status <> 'posted'
                OR was.expires_at <= now()) THEN 'invalid_request'
            WHEN n.operation = 'capture' AND n.amount > was.amount THEN 'invalid_amount'
            WHEN n.operation = 'repay' AND n.amount > -ledgers[a] THEN 'invalid_amount'
            WHEN takes AND ledgers[a] - helds[a] + limits[a] < n.amount THEN 'insufficient_funds'
        END;

        IF made.reason IS NULL THEN
            IF n.operation = 'hold' THEN
                helds[a] := helds[a] + n.amount;
                made.expires_at := coalesce(n.expires_at, now() + interval '7 days');
            ELSIF n.operation IN ('capture', 'release') THEN
                helds[a] := helds[a] - was.amount;
                was.status := n.operation || 'd';
                ended := ended || was;
            END IF;
            IF n.operation NOT IN ('hold', 'release') THEN
                ledger_account := CASE n.operation WHEN 'withdraw' THEN 'GL-VAULT-' WHEN 'purchase' THEN 'GL-MERCHANTS-'
                    WHEN 'finance_premium' THEN 'GL-BILLERS-'
                    WHEN 'capture' THEN CASE WHEN the_system = 'cards' THEN 'GL-MERCHANTS-'
                        WHEN n.purpose = 'payment' THEN 'GL-OUTGOING-' ELSE 'GL-BILLERS-' END
                    ELSE 'GL-CLEARING-' END || n.currency;
                IF n.operation IN ('credit', 'repay') THEN
                    made.debited := ledger_account;
                    made.credited := n.account;
                    ledgers[a] := ledgers[a] + n.amount;
                ELSE
                    made.debited := n.account;
                    made.credited := CASE WHEN b IS NULL THEN ledger_account ELSE n.to_account END;
                    ledgers[a] := ledgers[a] - n.amount;
                    IF b IS NOT NULL THEN
                        ledgers[b] := ledgers[b] + n.amount;
                    END IF;
                END IF;
                entry.operation_id := n.id;
                entry.debit_account := made.debited;
                entry.credit_account := made.credited;
                entry.amount := n.amount;
                entry.currency := n.currency;
                entry.memo := left(coalesce(n.memo, ''), 140);
                entry.value_date := coalesce(n.value_date, current_date);
                posted := posted || entry;
            END IF;
        END IF;

        made.id := n.id;
        made.operation := n.operation;
        made.status := CASE WHEN made.reason IS NULL THEN 'posted' ELSE 'refused' END;
        made.account := n.account;
        made.to_account := n.to_account;
        made.amount := n.amount;
        made.currency := n.currency;
        made.hold := n.hold;
        made.answer := jsonb_build_object('id', n.id, 'status', made.status,
            'reference', bank_reference(the_system, n.id));
        IF made.reason IS NOT NULL THEN
            made.answer := made.answer || jsonb_build_object('reason', made.reason);
        END IF;
        IF a IS NOT NULL THEN
            made.answer := made.answer || jsonb_build_object('ledger_balance', bank_money(ledgers[a], currencies[a]),
                'available_balance', bank_money(ledgers[a] - helds[a] + limits[a], currencies[a]));
        END IF;
        IF b IS NOT NULL AND made.reason IS NULL THEN
            made.answer := made.answer || jsonb_build_object('to_ledger_balance', bank_money(ledgers[b], currencies[b]),
                'to_available_balance', bank_money(ledgers[b] - helds[b] + limits[b], currencies[b]));
        END IF;
        done := done || made;
        RETURN NEXT made.answer;
    END LOOP;

    INSERT INTO posting (system, operation_id, debit_account, credit_account, amount, currency, memo, value_date)
    SELECT the_system, operation_id, debit_account, credit_account, amount, currency, memo, value_date FROM unnest(posted);
    UPDATE account SET ledger_balance = now_is.ledger, held = now_is.held
    FROM unnest(numbers, ledgers, helds) AS now_is (number, ledger, held)
    WHERE account.number = now_is.number
        AND (account.ledger_balance <> now_is.ledger OR account.held <> now_is.held);
    IF cardinality(ended) > 0 THEN
        UPDATE operation SET status = e.status FROM unnest(ended) AS e
        WHERE operation.system = the_system AND operation.id = e.id;
    END IF;
    INSERT INTO operation (system, id, operation, status, reason, account, to_account, amount, currency, hold, debited,
        credited, answer, expires_at)
    SELECT the_system, id, operation, status, reason, account, to_account, amount, currency, hold, debited, credited,
        answer, expires_at
    FROM unnest(done);
END $$;

-- What is agreed and moves no money.
CREATE TABLE IF NOT EXISTS issued_card (
    id uuid PRIMARY KEY, -- the operation that issued it
    account varchar(34) NOT NULL REFERENCES account (number),
    product varchar(40) NOT NULL,
    status varchar(9) NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'cancelled'))
);
CREATE TABLE IF NOT EXISTS mandate (
    id uuid PRIMARY KEY,
    account varchar(34) NOT NULL,
    biller varchar(40) NOT NULL,
    bill_reference varchar(200) NOT NULL,
    payment_limit numeric(19, 4) NOT NULL CHECK (payment_limit > 0),
    status varchar(9) NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'withdrawn'))
);

CREATE OR REPLACE FUNCTION bank_undoes(what text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE what WHEN 'open_account' THEN 'close_account' WHEN 'issue_card' THEN 'cancel_card'
        WHEN 'register_mandate' THEN 'withdraw_mandate' ELSE 'reversal' END
$$;

CREATE OR REPLACE FUNCTION bank_arrange(the_system text, arrangements jsonb, billers text[]) RETURNS SETOF jsonb
LANGUAGE plpgsql AS $$
DECLARE
    n record;
    known operation;
    refusal text;
    answer jsonb;
BEGIN
    PERFORM pg_advisory_xact_lock(key) FROM (
        SELECT hashtextextended(each ->> 'id', 0) AS key FROM jsonb_array_elements(arrangements) AS each ORDER BY key
    ) AS keys;
    FOR n IN SELECT * FROM jsonb_to_recordset(arrangements) AS t (id uuid, operation text, account text, currency text,
        product text, owner text, biller text, bill_reference text, "limit" numeric)
    LOOP
        SELECT * INTO known FROM operation WHERE system = the_system AND id = n.id;
        IF FOUND THEN
            RETURN NEXT bank_repeat(known, n.operation, n.account, NULL, n."limit");
            CONTINUE;
        END IF;
        refusal := CASE
            WHEN (n.operation = 'register_mandate') <> (the_system = 'intermediary') THEN 'invalid_request'
            WHEN n.operation = 'register_mandate' AND NOT n.biller = ANY (billers) THEN 'biller_unknown'
            WHEN n.operation = 'issue_card' AND NOT EXISTS (SELECT FROM account
                WHERE number = n.account AND system = the_system AND status = 'open') THEN 'account_unknown'
        END;
        IF refusal IS NULL AND n.operation = 'open_account' THEN
            INSERT INTO account (number, system, product, currency, owner)
            VALUES (n.account, the_system, n.product, n.currency, n.owner) ON CONFLICT DO NOTHING;
            refusal := CASE WHEN NOT FOUND THEN 'duplicate_request' END;
        ELSIF refusal IS NULL AND n.operation = 'issue_card' THEN
            INSERT INTO issued_card (id, account, product) VALUES (n.id, n.account, n.product);
        ELSIF refusal IS NULL THEN
            INSERT INTO mandate (id, account, biller, bill_reference, payment_limit)
            VALUES (n.id, n.account, n.biller, n.bill_reference, n."limit");
        END IF;
        answer := jsonb_strip_nulls(jsonb_build_object('id', n.id, 'reason', refusal,
            'status', CASE WHEN refusal IS NULL THEN 'posted' ELSE 'refused' END,
            'reference', bank_reference(the_system, n.id)));
        INSERT INTO operation (system, id, operation, status, reason, account, amount, currency, answer)
        VALUES (the_system, n.id, n.operation, answer ->> 'status', refusal, n.account, n."limit", n.currency, answer);
        RETURN NEXT answer;
    END LOOP;
END $$;

-- Undo what was agreed. An account can be closed while nothing is in it; a refusal says why.
CREATE OR REPLACE FUNCTION bank_rescind(known operation) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF known.operation = 'open_account' THEN
        UPDATE account SET status = 'closed' WHERE number = known.account AND ledger_balance = 0 AND held = 0;
        RETURN CASE WHEN NOT FOUND THEN 'invalid_request' END;
    ELSIF known.operation = 'issue_card' THEN
        UPDATE issued_card SET status = 'cancelled' WHERE id = known.id;
    ELSIF known.operation = 'register_mandate' THEN
        UPDATE mandate SET status = 'withdrawn' WHERE id = known.id;
    END IF;
    RETURN NULL;
END $$;

-- Take an operation back. One that never came is remembered, so that it is refused should it still come. Whoever says by
-- what it is to be undone must be right.
DROP FUNCTION IF EXISTS bank_reverse(text, uuid);
CREATE OR REPLACE FUNCTION bank_reverse(the_system text, the_id uuid, undone_by text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    known operation;
    refusal text;
    answer jsonb := jsonb_build_object('id', the_id, 'status', 'reversed');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(the_id::text, 0));
    SELECT * INTO known FROM operation WHERE system = the_system AND id = the_id;
    IF NOT FOUND THEN
        INSERT INTO operation (system, id, operation, status, answer) VALUES (the_system, the_id, 'void', 'reversed', answer);
        RETURN answer;
    END IF;
    PERFORM FROM account WHERE number IN (known.account, known.to_account) ORDER BY number FOR UPDATE;
    SELECT * INTO known FROM operation WHERE system = the_system AND id = the_id FOR UPDATE;
    refusal := CASE
        WHEN known.operation <> 'void' AND undone_by <> bank_undoes(known.operation) THEN 'invalid_request'
        WHEN known.status = 'captured' THEN 'invalid_request'
        WHEN known.status = 'posted' THEN bank_rescind(known)
    END;
    IF refusal IS NOT NULL THEN
        RETURN jsonb_build_object('id', the_id, 'status', 'refused', 'reason', refusal);
    END IF;
    IF known.status = 'posted' AND known.operation = 'hold' THEN
        UPDATE account SET held = held - known.amount WHERE number = known.account;
    ELSIF known.status = 'posted' AND known.operation = 'capture' THEN -- what was taken is on hold again
        WITH again AS (
            UPDATE operation SET status = 'posted'
            WHERE system = the_system AND id = known.hold AND status = 'captured' RETURNING account, amount
        )
        UPDATE account SET held = held + again.amount FROM again WHERE account.number = again.account;
    END IF;
    IF known.status IN ('posted', 'confirmed') AND known.debited IS NOT NULL THEN
        PERFORM bank_post(the_system, the_id, known.credited, known.debited, known.amount, known.currency,
            'reversal of ' || bank_reference(the_system, the_id));
    END IF;
    IF known.status <> 'refused' THEN
        UPDATE operation SET status = 'reversed' WHERE system = the_system AND id = the_id;
        DELETE FROM callback WHERE operation_id = the_id;
    END IF;
    RETURN answer || coalesce(bank_balances('', known.account), '{}') || coalesce(bank_balances('to_', known.to_account), '{}');
END $$;

-- Let go of the holds whose time is over; how many.
CREATE OR REPLACE FUNCTION bank_expire_holds() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    numbers text[] := ARRAY(SELECT account FROM operation WHERE status = 'posted' AND operation = 'hold'
        AND expires_at <= now() LIMIT 1000);
    expired integer;
BEGIN
    IF cardinality(numbers) = 0 THEN
        RETURN 0;
    END IF;
    PERFORM FROM account WHERE number = ANY (numbers) ORDER BY number FOR UPDATE;
    WITH gone AS (
        UPDATE operation SET status = 'released'
        WHERE status = 'posted' AND operation = 'hold' AND expires_at <= now() AND account = ANY (numbers)
        RETURNING account, amount
    ), sums AS (
        SELECT account AS number, sum(amount) AS amount, count(*) AS holds FROM gone GROUP BY account
    ), freed AS (
        UPDATE account SET held = held - sums.amount FROM sums WHERE account.number = sums.number
    )
    SELECT sum(holds) INTO expired FROM sums;
    RETURN coalesce(expired, 0);
END $$;

-- Intermediary business takes operations at once; how they end is told later, by callback.
CREATE OR REPLACE FUNCTION bank_accept(operations jsonb, billers text[], delay interval) RETURNS SETOF jsonb
LANGUAGE plpgsql AS $$
DECLARE
    n record;
    known operation;
    refusal text;
    ending text;
    answer jsonb;
BEGIN
    PERFORM pg_advisory_xact_lock(key) FROM (
        SELECT hashtextextended(each ->> 'id', 0) AS key FROM jsonb_array_elements(operations) AS each ORDER BY key
    ) AS keys;
    FOR n IN SELECT * FROM jsonb_to_recordset(operations) AS t (id uuid, operation text, biller text, fund text,
        policy text, bill_reference text, to_account text, bank text, amount numeric, currency text)
    LOOP
        SELECT * INTO known FROM operation WHERE system = 'intermediary' AND id = n.id;
        IF FOUND THEN
            RETURN NEXT bank_repeat(known, n.operation, coalesce(n.biller, n.fund, n.policy, n.bank), n.to_account, n.amount);
            CONTINUE;
        END IF;
        refusal := CASE WHEN n.operation = 'pay_bill' AND NOT n.biller = ANY (billers) THEN 'biller_unknown' END;
        ending := CASE WHEN n.bill_reference ILIKE 'REJECT%' OR n.to_account ILIKE 'CLOSED%' THEN 'rejected'
            ELSE 'confirmed' END;
        answer := jsonb_strip_nulls(jsonb_build_object('id', n.id, 'reason', refusal,
            'status', CASE WHEN refusal IS NULL THEN 'accepted' ELSE 'refused' END,
            'reference', bank_reference('intermediary', n.id)));
        INSERT INTO operation (system, id, operation, status, reason, account, to_account, amount, currency, answer)
        VALUES ('intermediary', n.id, n.operation, answer ->> 'status', refusal,
            coalesce(n.biller, n.fund, n.policy, n.bank), n.to_account, n.amount, n.currency, answer);
        IF refusal IS NULL THEN
            INSERT INTO callback (operation_id, body, due_at) VALUES (n.id, jsonb_strip_nulls(jsonb_build_object(
                'leg', n.id, 'status', ending, 'reference', answer ->> 'reference',
                'reason', CASE WHEN n.to_account ILIKE 'CLOSED%' THEN 'account_closed'
                    WHEN ending = 'rejected' THEN 'refused_by_system' END)), now() + delay);
        END IF;
        RETURN NEXT answer;
    END LOOP;
END $$;

-- How an accepted operation ends: what is confirmed is settled with the partner. False when it has been taken back.
CREATE OR REPLACE FUNCTION bank_end(the_id uuid, ending text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    o operation;
BEGIN
    UPDATE operation SET status = ending, reason = CASE WHEN ending = 'rejected' THEN
        CASE WHEN to_account ILIKE 'CLOSED%' THEN 'account_closed' ELSE 'refused_by_system' END END,
        debited = CASE WHEN ending = 'confirmed' THEN
            CASE operation WHEN 'send_payment' THEN 'GL-OUTGOING-' ELSE 'GL-BILLERS-' END || currency END,
        credited = CASE WHEN ending = 'confirmed' THEN 'GL-SETTLEMENT-' || currency END
    WHERE system = 'intermediary' AND id = the_id AND status = 'accepted'
    RETURNING * INTO o;
    IF FOUND AND ending = 'confirmed' THEN
        PERFORM bank_post('intermediary', the_id, o.debited, o.credited, o.amount, o.currency, o.operation);
    END IF;
    RETURN EXISTS (SELECT FROM operation WHERE system = 'intermediary' AND id = the_id AND status = ending);
END $$;

-- Interest for one day, actual/365, on the balance of that value date, value dated itself. A day is accrued once. What is
-- less than the smallest unit is carried to the next day, so that small balances earn what they should.
CREATE OR REPLACE FUNCTION bank_day_end(the_date date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    accrued_accounts integer;
BEGIN
    INSERT INTO day_end (date) VALUES (the_date) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    PERFORM FROM account WHERE annual_rate > 0 AND status <> 'closed' ORDER BY number FOR UPDATE;
    WITH later AS (
        SELECT number, sum(amount) AS amount FROM (
            SELECT credit_account AS number, amount FROM posting WHERE value_date > the_date
            UNION ALL SELECT debit_account, -amount FROM posting WHERE value_date > the_date
        ) AS moved GROUP BY number
    ), accrued AS (
        SELECT a.number, a.system, a.currency,
            a.accrued + (a.ledger_balance - coalesce(later.amount, 0)) * a.annual_rate / 36500 AS interest
        FROM account AS a LEFT JOIN later USING (number)
        WHERE a.annual_rate > 0 AND a.status <> 'closed'
    ), due AS (
        SELECT *, trunc(interest, bank_places(currency)) AS whole, gen_random_uuid() AS id FROM accrued WHERE interest <> 0
    ), posted AS (
        INSERT INTO posting (system, operation_id, debit_account, credit_account, amount, currency, memo, value_date)
        SELECT system, id, CASE WHEN whole > 0 THEN 'GL-INTEREST-' || currency ELSE number END,
            CASE WHEN whole > 0 THEN number ELSE 'GL-INTEREST-' || currency END, abs(whole), currency, 'interest', the_date
        FROM due WHERE whole <> 0
    ), told AS (
        UPDATE account SET ledger_balance = ledger_balance + due.whole, accrued = due.interest - due.whole
        FROM due WHERE account.number = due.number
    )
    SELECT count(*) INTO accrued_accounts FROM due;
    RETURN accrued_accounts;
END $$;
