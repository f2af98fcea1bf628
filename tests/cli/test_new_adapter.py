"""`guanxi new adapter` writes a folder whose tests pass before the first edit: tried in a copy of the house."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from guanxi.cli.commands.new import COMMAND
from guanxi.cli.skeletons import KINDS

HOUSE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house with a new adapter of each kind in it."""
    copy = tmp_path_factory.mktemp("house")
    unwanted = shutil.ignore_patterns("bundle", "__pycache__", "locale", "*.jpg")
    shutil.copytree(HOUSE / "src" / "guanxi", copy / "src" / "guanxi", ignore=unwanted)
    shutil.copy(HOUSE / "pyproject.toml", copy)
    for kind in KINDS:
        run(copy, "guanxi.cli", "new", "adapter", f"the_second_{kind}", "--kind", kind)
    return copy


def run(copy: Path, *command: str) -> None:
    # Its own address space of modules: what is imported is the copy's.
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "MYPYPATH": str(copy / "src")}
    command = (sys.executable, "-P", "-m", *command)
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_tests_pass(copy: Path) -> None:
    folders = [str(copy / "src" / "guanxi" / "systems" / f"the_second_{kind}") for kind in KINDS]
    assert all(Path(folder).is_dir() for folder in folders)
    run(copy, "pytest", "-q", "-p", "no:cacheprovider", *folders)


def test_it_is_clean_and_typed(copy: Path) -> None:
    run(copy, "ruff", "check", "--no-cache", "src/guanxi/systems")
    run(copy, "ruff", "format", "--no-cache", "--check", "src/guanxi/systems")
    packages = [word for kind in KINDS for word in ("-p", f"guanxi.systems.the_second_{kind}")]
    run(copy, "mypy", "--strict", "--config-file=", "--ignore-missing-imports", "--cache-dir", str(copy), *packages)


def test_its_map_is_found_and_sound(copy: Path) -> None:
    run(copy, "guanxi.cli", "maps", "check")


@pytest.mark.parametrize("name", ["../out", "Upper", "1st", "a b", "", "fineract"])
def test_a_name_that_cannot_be_or_is_taken_is_refused(name: str) -> None:
    told = CliRunner().invoke(COMMAND, ["adapter", name])
    assert told.exit_code == 2
