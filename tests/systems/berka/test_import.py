"""The real Czech data reconciles with what was published, also when the import was killed, and bad rows are named."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from guanxi.systems.berka.errors import FileUnusable
from guanxi.systems.berka.load import FILES, PUBLISHED, import_berka
from guanxi.systems.berka.reader import UnusableRow, birth, date

DATA = Path(__file__).parents[4] / "shared" / "data" / "berka"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the data set is not in {DATA}")
AT = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
TABLES = ("party", "account", "accountholder", "card", "loan", "standingorder", "link", "identifier", "contactpoint")

HEADINGS = {
    "district": "A1;A2;A3",
    "account": "account_id;district_id;frequency;date",
    "client": "client_id;birth_number;district_id",
    "disp": "disp_id;client_id;account_id;type",
    "card": "card_id;disp_id;type;issued",
    "loan": "loan_id;account_id;date;amount;duration;payments;status",
    "order": "order_id;account_id;bank_to;account_to;amount;k_symbol",
    FILES[0]: "trans_id;account_id;date;type;operation;amount;balance;k_symbol;bank;account",
    FILES[1]: "trans_id;account_id;date;type;operation;amount;balance;k_symbol;bank;account",
    FILES[2]: "account_id,date,type,operation,amount,balance,k_symbol,bank,account",
}
GOOD = {
    "district": ["1;Plzeň;west"],
    "account": ["1;1;POPLATEK MESICNE;930101"],
    "client": ["1;706213;1"],
    "disp": ["1;1;1;OWNER"],
    FILES[0]: ["10;1;930101;PRIJEM;VKLAD;700.50;700.50;;;"],
    FILES[2]: ["1,1993-01-01,credit,deposit,700,700,,,", "1,1993-01-02,debit,withdraw_cash,100,600,,,"],
}


def quiet(*_: object) -> None:
    """Nobody watches."""


def write(folder: Path, extra: dict[str, list[str]], encoding: str = "utf-8") -> Path:
    for name, heading in HEADINGS.items():
        lines = [heading, *GOOD.get(name, []), *extra.get(name, [])]
        (folder / f"{name}.csv").write_bytes("\n".join(lines).encode(encoding))
    return folder


def counts(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        found = {name: connection.execute(f"SELECT count(*) FROM parties_{name}").fetchone()[0] for name in TABLES}
        found["interaction"] = connection.execute("SELECT count(*) FROM interactions_interaction").fetchone()[0]
    return found


@needs_data
def test_killed_import_is_finished_by_the_next_and_reconciles(database_url):
    program = (
        "import datetime as dt, pathlib, sys; from guanxi.systems.berka.load import import_berka\n"
        "import_berka(sys.argv[1], 'k', pathlib.Path(sys.argv[2]), at=dt.datetime(2026, 11, 20, tzinfo=dt.UTC),"
        " progress=lambda *_: None)"
    )
    killed = subprocess.Popen([sys.executable, "-c", program, database_url, str(DATA)], env=os.environ)
    while counts(database_url)["interaction"] < 10_000 and killed.poll() is None:
        time.sleep(0.05)
    killed.kill()
    killed.wait()
    report = import_berka(database_url, "k", DATA, at=AT, progress=quiet)
    assert report.rejected == []
    assert {count.file: count.read for count in report.counts} == PUBLISHED
    assert all(count.agrees for count in report.counts)
    expected = {
        "party": 5_369,
        "account": 4_500 + 682,
        "accountholder": 5_369 + 682,
        "card": 892,
        "loan": 682,
        "standingorder": 6_471,
        "link": 5_369,
        "identifier": 5_369,
        "contactpoint": 5_369,
        "interaction": 49_102 + 30_200 + 3_714,
    }
    assert counts(database_url) == expected
    again = import_berka(database_url, "k", DATA, at=AT, progress=quiet)
    assert sum(count.added for count in again.counts) == 0
    assert counts(database_url) == expected


def test_bad_rows_are_named_and_do_not_stop_the_others(empty_bank, tmp_path):
    bad = {
        "client": ["2;706213", "3;709913;1", "1;706213;1"],
        "account": ["2;1;POPLATEK MESICNE;930231", "3;1;SOMETIMES;930101"],
        "disp": ["2;99;1;DISPONENT", "3;1;1;OWNER"],
        FILES[0]: ["11;1;930102;PRIJEM;VKLAD;many;1;;;", "12;77;930102;PRIJEM;VKLAD;1.00;1.00;;;", "13;1"],
    }
    report = import_berka(empty_bank, "k", write(tmp_path, bad, "cp1250"), at=AT, progress=quiet)
    named = {(row.file.removesuffix(".csv"), row.line) for row in report.rejected}
    assert named == {
        *(("client", line) for line in (3, 4, 5)),
        *(("account", line) for line in (3, 4)),
        *(("disp", line) for line in (3, 4)),
        *((FILES[0], line) for line in (3, 4, 5)),
        (FILES[2], 2),  # the same as transaction 10, without its hellers
    }
    assert all(row.reason for row in report.rejected)
    with psycopg.connect(empty_bank) as connection:
        place = connection.execute("SELECT value FROM parties_contactpoint").fetchone()[0]
        balance = connection.execute("SELECT ledger_balance FROM parties_account").fetchone()[0]
        amounts = connection.execute("SELECT amount FROM interactions_interaction ORDER BY occurred_at").fetchall()
    assert place == "Plzeň, west, Czech Republic"
    assert balance == Decimal(600)
    assert amounts == [(Decimal("700.5"),), (Decimal(-100),)]


@pytest.fixture
def empty_bank(database_url):
    with psycopg.connect(database_url) as connection:
        connection.execute("TRUNCATE parties_party, parties_account, parties_sourcerecord CASCADE")
        connection.execute("TRUNCATE interactions_interaction")
    return database_url


def test_a_missing_file_or_column_is_said_at_once(tmp_path):
    with pytest.raises(FileUnusable, match="district"):
        import_berka("postgresql://nowhere", "k", tmp_path, at=AT, progress=quiet)
    (tmp_path / "district.csv.gz").write_bytes(gzip.compress(b"A1;A2\n"))
    with pytest.raises(FileUnusable, match="A3"):
        import_berka("postgresql://nowhere", "k", tmp_path, at=AT, progress=quiet)


def test_birth_numbers_tell_day_and_gender():
    assert birth("706213") == (dt.date(1970, 12, 13), "F")
    assert birth("450204") == (dt.date(1945, 2, 4), "M")
    for wrong in ("", "70621", "709913", "abcdef"):
        with pytest.raises(UnusableRow):
            birth(wrong)
    assert date("931107 00:00:00") == date("1993-11-07") == dt.date(1993, 11, 7)
