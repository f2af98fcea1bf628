"""A newcomer lays a payment file into a folder of the demo bank and finds the answer in another."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from tests.cli.test_run import COMMAND, PATIENCE, Installation, wait_until

pytestmark = pytest.mark.processes


@pytest.fixture
def installation() -> Iterator[Installation]:
    """A demo bank with a few companies, running."""
    with tempfile.TemporaryDirectory(prefix="guanxi-corporate-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        found = Installation(Path(folder) / "home")
        found.home.mkdir()
        process = found.start(customers=60)
        yield found
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        found.kill_everything()


def test_a_payment_file_laid_into_the_folder_is_answered(installation: Installation) -> None:
    def guanxi(*words: str) -> bytes:
        return subprocess.run(
            [*COMMAND, *words], env=installation.environment, check=True, stdout=subprocess.PIPE
        ).stdout

    account = guanxi("payments", "corporates").decode().split()[1]
    files = installation.home / "sandbox" / "corporate" / "files"
    (files / "to-bank" / "salaries.xml").write_bytes(
        guanxi("payments", "sample", "--account", account, "--count", "20", "--largest", "10", "--faultless")
    )
    wait_until(lambda: any((files / "from-bank").glob("pain.002-*.xml")))
    (answer,) = (files / "from-bank").glob("pain.002-*.xml")
    states = etree.parse(answer).findall(".//{*}TxSts")
    assert len(states) == 20
    assert {state.text for state in states} <= {"ACSC", "ACSP", "ACCC", "ACWC", "PDNG"}
    assert [path.name.startswith("salaries.xml") for path in (files / "archive").iterdir()] == [True]
