"""What `guanxi doctor` looks at, one function a question."""

from __future__ import annotations

import dataclasses
import os
import platform
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Final

import psycopg

from guanxi.cli.assets import assets_are_built
from guanxi.storage import embedded
from guanxi.storage.configuration import Configuration, read_configuration
from guanxi.storage.installation import cluster_folder

_ENOUGH: Final = 2 * 1024**3
_NEXT_MONTH: Final = """
SELECT to_regclass(format('interactions_interaction_%s', to_char(now() + interval '1 month', 'YYYY_MM'))) IS NOT NULL
"""
_NO_MONTH: Final = "The timeline has no partition for next month"
_WORKERS: Final = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '2 minutes'"


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """What was seen, whether it is well, and what to do if not."""

    well: bool
    what: str
    advice: str = ""


def _python(_configuration: Configuration) -> Finding:
    return Finding(sys.version_info >= (3, 11), f"Python {platform.python_version()}")


def _home(configuration: Configuration) -> Finding:
    writable = os.access(configuration.home, os.W_OK)
    advice = "" if writable else "Set GUANXI_HOME to a folder of yours."
    return Finding(writable, f"Home {configuration.home}", advice)


def _disk(configuration: Configuration) -> Finding:
    free = shutil.disk_usage(configuration.home).free
    advice = "" if free >= _ENOUGH else "Free some space: the database stops when its disk is full."
    return Finding(free >= _ENOUGH, f"{free // 1024**3} GB free on its disk", advice)


def _database(configuration: Configuration) -> Finding:
    url = configuration.database_url
    if not url:
        data = cluster_folder(configuration.home)
        if not embedded.is_running(data):
            return Finding(well=True, what="The embedded PostgreSQL is not running; `guanxi run` starts it")
        url = os.environ["GUANXI_DATABASE_URL"] = embedded.address(data)
    embedded.require_version(url)
    return Finding(well=True, what="PostgreSQL answers, and is new enough")


def _schema(_configuration: Configuration) -> Finding:
    if not read_configuration(os.environ).database_url:
        return Finding(well=True, what="The schema is looked at when the database runs")
    import django

    django.setup()
    from guanxi.cli.schema import pending_changes

    missing = pending_changes()
    if missing:
        return Finding(well=False, what=f"{missing} schema changes are missing", advice="Run `guanxi migrate`.")
    return Finding(well=True, what="The schema is up to date")


def _months(_configuration: Configuration) -> Finding:
    """Is there a partition for what happens next month?"""
    url = read_configuration(os.environ).database_url
    if not url:
        return Finding(well=True, what="The timeline's months are looked at when the database runs")
    found = _one(url, _NEXT_MONTH)
    advice = "" if found else "Start the worker: `guanxi worker` makes months ahead."
    return Finding(bool(found), "The timeline has a partition for next month" if found else _NO_MONTH, advice)


def _worker(_configuration: Configuration) -> Finding:
    """Has a worker been heard of lately?"""
    url = read_configuration(os.environ).database_url
    if not url:
        return Finding(well=True, what="The worker is looked at when the database runs")
    found = _one(url, _WORKERS)
    advice = "" if found else "Start it with `guanxi run` or `guanxi worker`."
    return Finding(bool(found), "A worker is at work" if found else "No worker is at work", advice)


def _maps(_configuration: Configuration) -> Finding:
    from guanxi.exchange.maps.checks import check_files

    faults = check_files()
    if faults:
        return Finding(well=False, what=f"{len(faults)} faults in message maps", advice="Run `guanxi maps check`.")
    return Finding(well=True, what="The message maps are sound")


def _one(url: str, question: str) -> object:
    """The answer, or None where the schema is not there yet, which is another check's finding."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        try:
            row = connection.execute(question).fetchone()
        except psycopg.errors.UndefinedTable:
            return None
    return row[0] if row else None


def _assets(_configuration: Configuration) -> Finding:
    if assets_are_built():
        return Finding(well=True, what="The browser's assets are built")
    return Finding(well=False, what="The browser's assets are missing or old", advice="Run `guanxi assets`.")


def _processes(configuration: Configuration) -> Finding:
    silent = silent_doors(configuration)
    if not silent:
        return Finding(well=True, what="Office, gateway and sandbox answer")
    advice = "Start everything with `guanxi run`; when it runs, its log says why."
    return Finding(well=False, what=f"No answer from {', '.join(silent)}", advice=advice)


def silent_doors(configuration: Configuration) -> list[str]:
    """The processes that do not answer."""
    doors = {
        "office": f"{configuration.office_url}/health",
        "gateway": f"{configuration.gateway_url}/health",
        "sandbox": f"{configuration.sandbox_url}/faults",
    }
    return [name for name, url in doors.items() if not _answers(url)]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=3) as response:  # noqa: S310 - our own addresses
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


CHECKS: Final[tuple[Callable[[Configuration], Finding], ...]] = (
    _python,
    _home,
    _disk,
    _database,
    _schema,
    _months,
    _worker,
    _maps,
    _assets,
    _processes,
)
