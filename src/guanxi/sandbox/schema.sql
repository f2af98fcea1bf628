-- The sandbox bank. Every movement of money is one posting with the account it leaves and the account it reaches,
-- so debits equal credits by construction: there is no way to write half of one.

CREATE TABLE IF NOT EXISTS account (
    number varchar(34) PRIMARY KEY,
    system varchar(16) NOT NULL CHECK (system IN ('savings', 'integrated', 'loans', 'cards', 'ledger')),
    product varchar(40) NOT NULL DEFAULT '',
    currency char(3) NOT NULL,
    owner varchar(200) NOT NULL DEFAULT '',
    status varchar(8) NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'blocked', 'closed')),
    ledger_balance numeric(19, 4) NOT NULL DEFAULT 0,
    held numeric(19, 4) NOT NULL DEFAULT 0 CHECK (held >= 0),
    credit_limit numeric(19, 4) NOT NULL DEFAULT 0,
    annual_rate numeric(7, 4) NOT NULL DEFAULT 0,
    expires varchar(4)
) WITH (fillfactor = 80);

CREATE TABLE IF NOT EXISTS operation (
    system varchar(16) NOT NULL,
    id uuid NOT NULL,
    operation varchar(16) NOT NULL,
    status varchar(9) NOT NULL
        CHECK (status IN ('posted', 'refused', 'reversed', 'accepted', 'confirmed', 'rejected', 'captured', 'released')),
    reason varchar(32),
    account varchar(34),
    to_account varchar(34),
    amount numeric(19, 4),
    currency char(3),
    hold uuid,
    reference varchar(40) NOT NULL,
    answer jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    PRIMARY KEY (system, id)
);
CREATE INDEX IF NOT EXISTS operation_open_holds ON operation (expires_at) WHERE status = 'posted' AND operation = 'hold';

-- Ledger accounts (vault, merchants, billers, interest, clearing, opening) keep no running balance: everybody posts to
-- them at once, and their balance is the sum of their postings.
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
CREATE INDEX IF NOT EXISTS posting_debit ON posting (debit_account, id DESC);
CREATE INDEX IF NOT EXISTS posting_credit ON posting (credit_account, id DESC);

CREATE TABLE IF NOT EXISTS callback (
    operation_id uuid PRIMARY KEY,
    body jsonb NOT NULL,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    delivered_at timestamptz
);
CREATE INDEX IF NOT EXISTS callback_due ON callback (due_at) WHERE delivered_at IS NULL;

CREATE TABLE IF NOT EXISTS day_end (date date PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());

CREATE OR REPLACE FUNCTION bank_available(a account) RETURNS numeric LANGUAGE sql IMMUTABLE AS
    'SELECT a.ledger_balance - a.held + a.credit_limit';

-- Move money between two accounts. Accounts of customers keep their balance here; ledger accounts do not.
CREATE OR REPLACE FUNCTION bank_post(
    the_system text, the_operation uuid, from_account text, into_account text, the_amount numeric, the_currency text,
    the_memo text, the_date date
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO posting (system, operation_id, debit_account, credit_account, amount, currency, memo, value_date)
    VALUES (the_system, the_operation, from_account, into_account, the_amount, the_currency, the_memo,
        coalesce(the_date, current_date));
    IF from_account NOT LIKE 'GL-%' THEN
        UPDATE account SET ledger_balance = ledger_balance - the_amount WHERE number = from_account;
    END IF;
    IF into_account NOT LIKE 'GL-%' THEN
        UPDATE account SET ledger_balance = ledger_balance + the_amount WHERE number = into_account;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION bank_balances(prefix text, the_number text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(prefix || 'ledger_balance', round(a.ledger_balance, 2)::text,
        prefix || 'available_balance', round(bank_available(a), 2)::text)
    FROM account a WHERE a.number = the_number
$$;

CREATE OR REPLACE FUNCTION bank_do(the_system text, o jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    the_id uuid := (o ->> 'id')::uuid;
    what text := o ->> 'operation';
    the_amount numeric := (o ->> 'amount')::numeric;
    the_currency text := o ->> 'currency';
    known operation;
    a account;
    other account;
    held operation;
    refusal text;
    answer jsonb;
    debits boolean := what IN ('withdraw', 'purchase', 'transfer', 'debit', 'hold');
BEGIN
    SELECT * INTO known FROM operation WHERE system = the_system AND id = the_id;
    IF FOUND THEN
        IF known.operation = 'void' OR known.status = 'reversed' THEN
            RETURN jsonb_build_object('id', the_id, 'status', 'refused', 'reason', 'refused_by_system');
        END IF;
        RETURN known.answer;
    END IF;
    SELECT * INTO a FROM account WHERE number = o ->> 'account' AND system = the_system;
    IF what = 'transfer' THEN
        SELECT * INTO other FROM account WHERE number = o ->> 'to_account' AND system = the_system;
    ELSIF what IN ('capture', 'release') THEN
        SELECT * INTO held FROM operation WHERE system = the_system AND id = (o ->> 'hold')::uuid AND operation = 'hold'
        FOR UPDATE;
    END IF;
    refusal := CASE
        WHEN a.number IS NULL OR (what = 'transfer' AND other.number IS NULL) THEN 'account_unknown'
        WHEN 'closed' IN (a.status, coalesce(other.status, 'open')) THEN 'account_closed'
        WHEN debits AND a.status = 'blocked' THEN 'account_blocked'
        WHEN a.currency <> the_currency OR coalesce(other.currency, the_currency) <> the_currency THEN 'currency_mismatch'
        WHEN what IN ('capture', 'release') AND (held.id IS NULL OR held.status <> 'posted' OR held.account <> a.number
            OR the_amount > held.amount) THEN 'invalid_request'
        WHEN what = 'transfer' AND other.number = a.number THEN 'invalid_request'
        WHEN debits AND bank_available(a) < the_amount THEN 'insufficient_funds'
    END;
    IF refusal IS NULL THEN
        PERFORM bank_carry_out(the_system, the_id, what, o, the_amount, the_currency, held);
    END IF;
    answer := jsonb_strip_nulls(jsonb_build_object('id', the_id,
        'status', CASE WHEN refusal IS NULL THEN 'posted' ELSE 'refused' END, 'reason', refusal,
        'reference', upper(left(the_system, 2)) || upper(right(replace(the_id::text, '-', ''), 14))));
    IF a.number IS NOT NULL THEN
        answer := answer || bank_balances('', a.number);
    END IF;
    IF other.number IS NOT NULL AND refusal IS NULL THEN
        answer := answer || bank_balances('to_', other.number);
    END IF;
    INSERT INTO operation (system, id, operation, status, reason, account, to_account, amount, currency, hold,
        reference, answer, expires_at)
    VALUES (the_system, the_id, what, answer ->> 'status', refusal, o ->> 'account', o ->> 'to_account', the_amount,
        the_currency, (o ->> 'hold')::uuid, answer ->> 'reference', answer,
        CASE WHEN what = 'hold' THEN now() + interval '7 days' END);
    RETURN answer;
END $$;

CREATE OR REPLACE FUNCTION bank_carry_out(
    the_system text, the_id uuid, what text, o jsonb, the_amount numeric, the_currency text, the_hold operation
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    mine text := o ->> 'account';
    memo text := left(coalesce(o ->> 'memo', ''), 140);
    on_date date := (o ->> 'value_date')::date;
    clearing text := 'GL-CLEARING-' || the_currency;
BEGIN
    CASE what
    WHEN 'withdraw' THEN
        PERFORM bank_post(the_system, the_id, mine, 'GL-VAULT-' || the_currency, the_amount, the_currency, memo, on_date);
    WHEN 'purchase' THEN
        PERFORM bank_post(the_system, the_id, mine, 'GL-MERCHANTS-' || the_currency, the_amount, the_currency, memo, on_date);
    WHEN 'transfer' THEN
        PERFORM bank_post(the_system, the_id, mine, o ->> 'to_account', the_amount, the_currency, memo, on_date);
    WHEN 'debit', 'disburse' THEN
        PERFORM bank_post(the_system, the_id, mine, clearing, the_amount, the_currency, memo, on_date);
    WHEN 'credit', 'repay' THEN
        PERFORM bank_post(the_system, the_id, clearing, mine, the_amount, the_currency, memo, on_date);
    WHEN 'hold' THEN
        UPDATE account SET held = account.held + the_amount WHERE number = mine;
    WHEN 'capture' THEN
        UPDATE account SET held = account.held - (the_hold).amount WHERE number = mine;
        UPDATE operation SET status = 'captured' WHERE system = the_system AND id = (the_hold).id;
        PERFORM bank_post(the_system, the_id, mine, 'GL-BILLERS-' || the_currency, the_amount, the_currency, memo, on_date);
    WHEN 'release' THEN
        UPDATE account SET held = account.held - (the_hold).amount WHERE number = mine;
        UPDATE operation SET status = 'released' WHERE system = the_system AND id = (the_hold).id;
    END CASE;
END $$;

-- Many operations in one commit. Accounts are locked first, in number order, so that opposite transfers never meet.
-- An advisory lock on the operation's own id keeps two copies of one message from running side by side.
CREATE OR REPLACE FUNCTION bank_perform(the_system text, operations jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    answers jsonb := '[]';
    o jsonb;
BEGIN
    PERFORM pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT hashtextextended(each ->> 'id', 0) AS key FROM jsonb_array_elements(operations) AS each ORDER BY key
    ) AS keys;
    PERFORM FROM account WHERE number IN (
        SELECT each ->> 'account' FROM jsonb_array_elements(operations) AS each
        UNION SELECT each ->> 'to_account' FROM jsonb_array_elements(operations) AS each
    ) ORDER BY number FOR UPDATE;
    FOR o IN SELECT * FROM jsonb_array_elements(operations) LOOP
        answers := answers || bank_do(the_system, o);
    END LOOP;
    RETURN answers;
END $$;

-- Take an operation back. One that never came is remembered, so that it is refused should it still come.
CREATE OR REPLACE FUNCTION bank_reverse(the_system text, the_id uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    known operation;
    p posting;
    answer jsonb := jsonb_build_object('id', the_id, 'status', 'reversed');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(the_id::text, 0));
    SELECT * INTO known FROM operation WHERE system = the_system AND id = the_id;
    IF NOT FOUND THEN
        INSERT INTO operation (system, id, operation, status, reference, answer)
        VALUES (the_system, the_id, 'void', 'reversed', '', answer);
        RETURN answer;
    END IF;
    PERFORM FROM account WHERE number IN (known.account, known.to_account) ORDER BY number FOR UPDATE;
    SELECT * INTO known FROM operation WHERE system = the_system AND id = the_id FOR UPDATE;
    IF known.status IN ('captured', 'released') THEN
        RETURN jsonb_build_object('id', the_id, 'status', 'refused', 'reason', 'invalid_request');
    END IF;
    IF known.status = 'posted' THEN
        IF known.operation = 'hold' THEN
            UPDATE account SET held = held - known.amount WHERE number = known.account;
        END IF;
        FOR p IN SELECT * FROM posting WHERE system = the_system AND operation_id = the_id LOOP
            PERFORM bank_post(the_system, the_id, p.credit_account, p.debit_account, p.amount, p.currency,
                left('reversal ' || p.memo, 140), NULL);
        END LOOP;
    END IF;
    IF known.status IN ('posted', 'accepted', 'confirmed') THEN
        UPDATE operation SET status = 'reversed' WHERE system = the_system AND id = the_id;
        DELETE FROM callback WHERE operation_id = the_id;
    END IF;
    RETURN answer || coalesce(bank_balances('', known.account), '{}') || coalesce(bank_balances('to_', known.to_account), '{}');
END $$;

-- Intermediary business takes an operation at once; how it ends is told later, by callback.
CREATE OR REPLACE FUNCTION bank_accept(o jsonb, delay interval) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    the_id uuid := (o ->> 'id')::uuid;
    known operation;
    refusal text;
    ending text := CASE WHEN o ->> 'bill_reference' ILIKE 'REJECT%' THEN 'rejected' ELSE 'confirmed' END;
    the_reference text := 'IM' || upper(right(replace(the_id::text, '-', ''), 14));
    answer jsonb;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(the_id::text, 0));
    SELECT * INTO known FROM operation WHERE system = 'intermediary' AND id = the_id;
    IF FOUND THEN
        RETURN CASE WHEN known.status = 'reversed'
            THEN jsonb_build_object('id', the_id, 'status', 'refused', 'reason', 'refused_by_system')
            ELSE known.answer END;
    END IF;
    IF o ->> 'operation' = 'pay_bill' AND NOT (o ->> 'biller') = ANY (
        ARRAY ['water', 'electricity', 'gas', 'telecom', 'property', 'tuition', 'tax']) THEN
        refusal := 'biller_unknown';
    END IF;
    answer := jsonb_strip_nulls(jsonb_build_object('id', the_id, 'reason', refusal, 'reference', the_reference,
        'status', CASE WHEN refusal IS NULL THEN 'accepted' ELSE 'refused' END));
    INSERT INTO operation (system, id, operation, status, reason, amount, currency, reference, answer)
    VALUES ('intermediary', the_id, o ->> 'operation', answer ->> 'status', refusal, (o ->> 'amount')::numeric,
        o ->> 'currency', the_reference, answer);
    IF refusal IS NULL THEN
        INSERT INTO callback (operation_id, body, due_at) VALUES (the_id, jsonb_strip_nulls(jsonb_build_object(
            'leg', the_id, 'status', ending, 'reference', the_reference,
            'reason', CASE WHEN ending = 'rejected' THEN 'refused_by_system' END)), now() + delay);
    END IF;
    RETURN answer;
END $$;

-- Interest for one day, actual/365, value dated. A day is accrued once.
CREATE OR REPLACE FUNCTION bank_day_end(the_date date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    accrued integer;
BEGIN
    INSERT INTO day_end (date) VALUES (the_date) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    WITH due AS (
        SELECT number, system, currency, round(abs(ledger_balance) * annual_rate / 36500, 2) AS interest,
            ledger_balance > 0 AS earns, gen_random_uuid() AS id
        FROM account WHERE system IN ('savings', 'integrated', 'loans') AND annual_rate > 0 AND status <> 'closed'
            AND round(abs(ledger_balance) * annual_rate / 36500, 2) > 0
        FOR UPDATE
    ), posted AS (
        INSERT INTO posting (system, operation_id, debit_account, credit_account, amount, currency, memo, value_date)
        SELECT system, id, CASE WHEN earns THEN 'GL-INTEREST-' || currency ELSE number END,
            CASE WHEN earns THEN number ELSE 'GL-INTEREST-' || currency END, interest, currency, 'interest', the_date
        FROM due
    ), told AS (
        UPDATE account SET ledger_balance = ledger_balance + CASE WHEN due.earns THEN due.interest ELSE -due.interest END
        FROM due WHERE account.number = due.number
    )
    SELECT count(*) INTO accrued FROM due;
    UPDATE account SET held = account.held - o.amount FROM operation o
    WHERE o.account = account.number AND o.operation = 'hold' AND o.status = 'posted' AND o.expires_at < now();
    UPDATE operation SET status = 'released' WHERE operation = 'hold' AND status = 'posted' AND expires_at < now();
    RETURN accrued;
END $$;
