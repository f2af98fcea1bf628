"""Maps are checked before a message comes: every fault has an id, says where it is, and what to do."""

from __future__ import annotations

from pathlib import Path

import django
import pytest
from click.testing import CliRunner
from django.core.checks import run_checks

from guanxi.cli.commands.maps import COMMAND
from guanxi.exchange.maps.checks import check_files, check_map, require_sound
from guanxi.exchange.maps.errors import MapInvalid
from guanxi.exchange.maps.message_map import read_map

HEAD = 'name = "peer"\ntitle = "Peer"\nformat = "iso8583"\n'
COPY = '[[rules]]\ndo = "copy"\nwire = "11"\nfield = "trace"\n'


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ('[[rules]]\ndo = "code"\nwire = "39"\nfield = "result"\ntable = {}', "maps.E003"),
        ('[[rules]]\ndo = "split"\nwire = "3"\ninto = ["a", "b"]\nwidths = [2]', "maps.E003"),
        ('[[rules]]\ndo = "time"\nwire = "7"\nfield = "at"\npattern = "MMDD"\nbecomes = "hh"', "maps.E003"),
        (f'{COPY}[[rules]]\ndo = "copy"\nwire = "12"\nfield = "trace"', "maps.E004"),
        (f'{COPY}[[rules]]\ndo = "copy"\nwire = "11"\nfield = "other"', "maps.E005"),
        ('[[rules]]\ndo = "amount"\nwire = "4"\nfield = "amount"\ncurrency = "currency"', "maps.E006"),
        ('[[rules]]\ndo = "copy"\nwire = "4"\nfield = "extra/amount"', "maps.E007"),
        ('[[rules]]\ndo = "copy"\nwire = "4"\nfield = "a//b"', "maps.E007"),
        ('[[rules]]\ndo = "copy"\nwire = "1000"\nfield = "a"', "maps.E008"),
    ],
)
def test_a_fault_is_found_and_named(rules: str, fault: str) -> None:
    [found] = check_map(read_map(HEAD + rules, "peer"))
    assert (found.id, found.map_name) == (fault, "peer")
    assert found.hint


def test_conditions_that_keep_two_rules_apart_satisfy_the_check() -> None:
    rule = '[[rules]]\ndo = "copy"\nwire = "{0}"\nfield = "number"\nwhen = {{ field = "trace", any_of = ["{0}"] }}\n'
    assert check_map(read_map(HEAD + COPY + rule.format(102) + rule.format(103), "peer")) == []


def test_the_maps_of_the_house_are_faultless_and_asked_when_the_office_starts() -> None:
    assert check_files() == []
    django.setup()
    assert [each for each in run_checks() if (each.id or "").startswith("maps.")] == []


def test_nothing_is_served_with_a_faulty_map(tmp_path: Path) -> None:
    require_sound()
    (tmp_path / "peer.toml").write_text(HEAD + COPY + COPY)
    with pytest.raises(MapInvalid, match=r"maps\.E00[45]"):
        require_sound([tmp_path])


def test_the_command_says_what_is_wrong_with_the_maps_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("name = ")
    (tmp_path / "again.toml").write_text('name = "savings"\ntitle = "Again"\nformat = "json"\nrules = []')
    told = CliRunner().invoke(COMMAND, ["check", "--folder", str(tmp_path)])
    assert told.exit_code == 1
    assert "maps.E001 broken" in told.output
    assert "maps.E002 savings" in told.output
    assert CliRunner().invoke(COMMAND, ["check"]).exit_code == 0


def test_the_command_converts_both_ways() -> None:
    raw = b'{"operation":"debit","teller":"7"}'
    canonical = CliRunner().invoke(COMMAND, ["convert", "savings"], input=raw)
    assert '"operation": "debit"' in canonical.output
    back = CliRunner().invoke(COMMAND, ["convert", "savings", "--back"], input=canonical.output)
    assert back.stdout_bytes == raw
