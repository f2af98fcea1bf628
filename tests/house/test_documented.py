"""What an operator can set, run or be told is documented."""

from __future__ import annotations

import dataclasses
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import guanxi
from guanxi.cli.main import TOUR
from guanxi.cli.main import guanxi as command_line
from guanxi.kernel.errors import GuanxiError
from guanxi.services import catalogue
from guanxi.storage.configuration import Configuration
from guanxi.storage.wiring import load, modules_of

DOCS = Path(__file__).parents[2] / "docs"
REFERENCE = DOCS / "reference"


def _families() -> Iterator[type[GuanxiError]]:
    for module in pkgutil.walk_packages(guanxi.__path__, "guanxi."):
        if module.name.endswith("errors"):
            load(f"{module.name}:__name__")
    found = [GuanxiError]
    while found:
        family = found.pop()
        found.extend(family.__subclasses__())
        if family.__module__.startswith("guanxi."):
            yield family


def test_every_setting_is_documented() -> None:
    page = (REFERENCE / "settings.md").read_text()
    missing = [field.name for field in dataclasses.fields(Configuration) if f"| `{field.name}` |" not in page]
    assert missing == []


def test_every_variable_read_is_documented() -> None:
    source = Path(load("guanxi.storage.configuration:__file__")).read_text()
    page = (REFERENCE / "settings.md").read_text()
    assert [name for name in sorted(set(re.findall(r"GUANXI_[A-Z0-9_]+", source))) if f"`{name}`" not in page] == []


def test_every_command_is_documented_and_on_the_tour() -> None:
    page = (REFERENCE / "commands.md").read_text()
    names = command_line.list_commands(None)
    assert [name for name in names if f"## `guanxi {name}`" not in page] == []
    toured = {name for group in TOUR.values() for name in group}
    assert set(names) <= toured


def test_every_error_code_is_documented() -> None:
    page = (REFERENCE / "errors.md").read_text()
    assert sorted({family.code for family in _families() if f"| `{family.code}` |" not in page}) == []


def test_every_service_is_documented() -> None:
    page = (REFERENCE / "services.md").read_text()
    names = [module.SERVICE.name for module in modules_of(catalogue)]
    assert [name for name in names if f"`{name}`" not in page] == []


@pytest.mark.parametrize(
    "page", sorted(DOCS.rglob("*.md")) + sorted(DOCS.parent.glob("*.md")), ids=lambda page: page.name
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!\w+:)([^)#\s]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
