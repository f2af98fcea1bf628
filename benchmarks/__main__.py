"""`python -m benchmarks [NAME ...]`: run the named benchmarks, or all of them, and write the results page."""

from __future__ import annotations

import importlib
import subprocess
import sys

from benchmarks import result
from guanxi.kernel.clock import now

NAMES = (
    "inquiries",
    "withdrawals",
    "transfers",
    "screens",
    "bulk",
    "iso8583",
    "payments",
    "messages",
    "connections",
    "resolution",
    "normalisation",
)


def main(names: list[str]) -> None:
    """Run each benchmark in its own turn; each module offers `measure() -> list[Result]`."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], check=True, capture_output=True, text=True)
    for name in names or NAMES:
        print(f"== {name}", flush=True)
        start = result.processor_time()
        found = importlib.import_module(f"benchmarks.{name}").measure()  # noqa: TID251 - chosen on the command line
        for each in found:
            print(f"{each.name}: {each.verdict} (goal {each.goal})", flush=True)
        stolen = result.stolen_share(start, result.processor_time())
        result.write(found, now(), commit.stdout.strip(), stolen)


if __name__ == "__main__":
    main(sys.argv[1:])
