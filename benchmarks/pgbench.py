"""The anchor: PostgreSQL's own load generator, in C, running the same SQL on the same server."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import tempfile
from pathlib import Path

from guanxi.storage.embedded import BIN


@dataclasses.dataclass(frozen=True, slots=True)
class Rate:
    """What pgbench measured."""

    transactions_per_second: float
    latency_milliseconds: float


def run(database_url: str, script: str, *, clients: int, seconds: int) -> Rate:
    """Run `script` (pgbench's own language) with prepared statements over `clients` connections for `seconds`."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql", delete=False) as file:
        file.write(script)
    command = [
        *(str(BIN / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--client={clients}", "--jobs=2"),
        *(f"--time={seconds}", f"--file={file.name}", database_url),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    Path(file.name).unlink()
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    latency = re.search(r"latency average = ([\d.]+)", done.stdout)
    if done.returncode or rate is None or latency is None:
        raise RuntimeError(f"pgbench failed: {done.stderr[:800]}")
    return Rate(float(rate.group(1)), float(latency.group(1)))


def with_arrays(statement: str, values: dict[int, str]) -> str:
    """`statement` on one line, its array parameters holding one element each, or none where none is given."""

    def array(found: re.Match[str]) -> str:
        value = values.get(int(found[1]))
        return f"ARRAY[{value}]" if value else "'{}'"

    return " ".join(re.sub(r"\$(\d+)", array, statement).split()) + ";"
