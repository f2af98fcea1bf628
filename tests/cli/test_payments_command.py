"""`guanxi payments` as somebody types it who wants to try a payment file."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import psycopg
import pytest

from guanxi.kernel.iso20022.credit_transfers import CreditTransfer, GroupHeader, PaymentInformation
from guanxi.kernel.iso20022.messages import read_message

_BANK = """
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier, created_at,
    updated_at)
SELECT md5(n::text)::uuid, n::text, CASE n WHEN 1 THEN 'organisation' ELSE 'person' END, 'Party ' || n, '', '', 'en',
    '', '', '', now(), now() FROM generate_series(1, 3) n;
INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on, ledger_balance,
    available_balance)
SELECT md5(n || 'a')::uuid, 'SV000' || n, 'savings', 'savings', 'CNY', 'open', '', '2020-01-01', 10, 10
FROM generate_series(1, 3) n;
INSERT INTO parties_accountholder (account_id, party_id, role)
SELECT md5(n || 'a')::uuid, md5(n::text)::uuid, 'owner' FROM generate_series(1, 3) n;
INSERT INTO access_customercredential (party_id, login, password_hash, failed_attempts)
VALUES (md5('1')::uuid, '100000001', 'x', 0);
"""


@pytest.fixture(scope="module")
def guanxi(database_url: str, tmp_path_factory: pytest.TempPathFactory):
    """Runs a command against a bank of a company and two persons."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_BANK)
    home = tmp_path_factory.mktemp("home")

    def run(*words: str) -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, "GUANXI_DATABASE_URL": database_url, "GUANXI_HOME": str(Path(home))}
        command = [sys.executable, "-m", "guanxi.cli", "payments", *words]
        return subprocess.run(command, capture_output=True, env=environment, check=False)

    return run


def test_companies_that_can_sign_in_are_listed(guanxi) -> None:
    told = guanxi("corporates").stdout.decode()
    assert "100000001" in told
    assert "SV0001" in told
    assert "Party 2" not in told


def test_a_sample_is_a_sound_message_of_as_many_payments(guanxi) -> None:
    made = guanxi("sample", "--account", "SV0001", "--count", "300", "--largest", "5", "--faultless")
    assert made.returncode == 0, made.stderr
    header, block, *transfers = read_message(made.stdout).body
    assert isinstance(header, GroupHeader)
    assert isinstance(block, PaymentInformation)
    assert (header.number_of_transactions, block.debtor_account) == (300, "SV0001")
    assert header.control_sum == sum(each.amount for each in transfers)
    assert all(isinstance(each, CreditTransfer) and each.amount <= 5 for each in transfers)
    assert {each.creditor_account for each in transfers if not each.creditor_agent} == {"SV0002", "SV0003"}
    assert any(each.creditor_agent for each in transfers)


def test_an_account_that_is_not_there_is_named(guanxi) -> None:
    refused = guanxi("sample", "--account", uuid.uuid4().hex)
    assert refused.returncode == 2
    assert b"no account" in refused.stderr
