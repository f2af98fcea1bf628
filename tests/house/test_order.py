"""The rules of the house that no linter knows."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "guanxi"
DOORS = ("gateway", "office", "cli", "sandbox")
# `import django.http`, `from django.views import ...`, `from django import http`
WEB = re.compile(
    r"^\s*(?:from|import) (?:django\.(?:http|views)|litestar|granian)|^\s*from django import .*\b(?:http|views)\b",
    re.MULTILINE,
)
PRIVATE_HOSTS = re.compile(
    r"https?://[\w.-]*(?:registry|pypi|mirror|proxy|artifact|nexus|index)[\w.-]*[:/]", re.IGNORECASE
)
MACHINE_PATHS = re.compile(r"(?<![\w./~-])/(?:root|home|work|Users|opt|mnt)/[\w.-]+")


def _committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for line in listed.splitlines() if (path := ROOT / line).is_file()]


def _texts() -> dict[Path, str]:
    found = {}
    for path in _committed():
        try:
            found[path.relative_to(ROOT)] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


def test_modules_stay_short() -> None:
    modules = [path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts]
    assert [path.name for path in modules if len(path.read_text().splitlines()) >= 400] == []


def test_only_the_doors_know_http() -> None:
    rooms = [room for room in SOURCE.iterdir() if room.is_dir() and room.name not in DOORS]
    modules = [module for room in rooms for module in room.rglob("*.py")]
    assert modules
    assert [str(module) for module in modules if WEB.search(module.read_text())] == []


def test_no_committed_file_names_a_registry_or_a_folder_of_one_machine() -> None:
    found = {
        str(path): hit.group()
        for path, text in _texts().items()
        if path.name not in {"LICENSE", Path(__file__).name}
        for hit in (PRIVATE_HOSTS.search(text) or MACHINE_PATHS.search(text),)
        if hit
    }
    assert found == {}


def test_nothing_built_or_secret_is_committed() -> None:
    unwanted = {".mo", ".pem", ".key", ".pyc", ".whl"}
    assert [str(path) for path in _committed() if path.suffix in unwanted or ".min." in path.name] == []
