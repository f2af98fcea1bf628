"""What a benchmark found, and the page it is written to."""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

from guanxi.storage.embedded import BIN

PAGE = Path(__file__).parent / "results.md"
_HEADING = """# Benchmark results

Written by `make bench`. Every figure stands beside an anchor measured in the same run on the same machine;
machines differ and drift, so read the ratios.
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """One question answered. `figures` are (label, value) in the order they are shown."""

    name: str
    question: str
    figures: tuple[tuple[str, str], ...]
    verdict: str  # the ratio or the percentile that the goal speaks of
    goal: str
    met: bool
    remark: str = ""


def machine_facts() -> str:
    """What a reader must know of the machine to judge the figures."""
    processor = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    postgres = subprocess.run([str(BIN / "postgres"), "--version"], check=True, capture_output=True, text=True)
    libraries = ("litestar", "granian", "asyncpg", "django", "pyarrow")
    return "; ".join(
        (
            f"{os.cpu_count()} cores, {processor.group(1) if processor else 'unknown processor'}",
            f"{int(memory.group(1)) // 1_048_576 if memory else '?'} GiB, {platform.system()} {platform.release()}",
            f"Python {platform.python_version()}; {postgres.stdout.strip()}, fsync on",
            ", ".join(f"{name} {importlib.metadata.version(name)}" for name in libraries),
        )
    )


@dataclasses.dataclass(frozen=True, slots=True)
class ProcessorTime:
    """What the processors have done since the machine started, in ticks (proc(5), /proc/stat)."""

    total: int
    stolen: int  # wanted by this machine and given to another one on the same host


def processor_time() -> ProcessorTime:
    """The counts of now."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return ProcessorTime(sum(ticks), ticks[7])


def stolen_share(start: ProcessorTime, end: ProcessorTime) -> float:
    """The share of the processors' time between `start` and `end` that the host gave to others, 0 to 1."""
    return (end.stolen - start.stolen) / max(end.total - start.total, 1)


def write(results: list[Result], at: dt.datetime, commit: str, stolen: float) -> None:
    """Put `results` on the page, replacing the sections of the same names and keeping the others."""
    page = PAGE.read_text() if PAGE.exists() else _HEADING
    for result in results:
        start, end = f"<!-- {result.name} -->", f"<!-- end {result.name} -->"
        section = f"{start}\n{_section(result, at, commit, stolen)}\n{end}"
        if start in page:
            page = page[: page.index(start)] + section + page[page.index(end) + len(end) :]
        else:
            page = f"{page.rstrip()}\n\n{section}\n"
    PAGE.write_text(page)


def _section(result: Result, at: dt.datetime, commit: str, stolen: float) -> str:
    rows = "\n".join(f"| {label} | {value} |" for label, value in result.figures)
    reached = "reached" if result.met else "**not reached**"
    remark = f"{result.remark}\n\n" if result.remark else ""
    return (
        f"## {result.name}\n\n{result.question}\n\n| measured | value |\n| --- | --- |\n{rows}\n\n"
        f"**{result.verdict}** (goal {result.goal}: {reached})\n\n{remark}"
        f"{at:%Y-%m-%d %H:%M} UTC, commit {commit}; {machine_facts()}; "
        f"the host took {stolen:.0%} of the processors' time away meanwhile."
    )
