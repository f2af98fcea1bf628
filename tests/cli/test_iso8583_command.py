"""`guanxi iso8583` as somebody types it who looks into a message."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from guanxi.cli.commands.iso8583 import iso8583
from guanxi.kernel.iso8583.errors import MalformedMessage
from guanxi.kernel.iso8583.packager import packager_names

WITHDRAWAL = "0200 7000000020000000 16 6222021000000010 011000 000000010000 24 6222021000000010D3012101"


def run(*words: str) -> str:
    result = CliRunner().invoke(iso8583, ["decode", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_dialects_are_named() -> None:
    listed = run("--list")
    assert [line.split()[0] for line in listed.splitlines()] == list(packager_names())


def test_card_and_track_are_masked_unless_asked_for() -> None:
    words = ("--packager", "iso8583-1987-bcd", WITHDRAWAL)
    masked, revealed = run(*words), run("--reveal", *words)
    assert "6222021000000010" not in masked
    assert "622202******0010" in masked
    assert "6222021000000010" in revealed
    assert "6222021000000010=3012101" in revealed
    assert "account from" in masked


@pytest.mark.parametrize("written", ["raw", "digits"])
def test_a_file_holds_octets_or_digits(tmp_path: Path, written: str) -> None:
    file = tmp_path / "message"
    octets = bytes.fromhex("0800 0020000000000000 000001")
    file.write_bytes(octets if written == "raw" else f"{octets.hex(' ')}\n".encode())
    assert "000001" in run("--packager", "iso8583-1987-bcd", str(file))


def test_what_is_malformed_is_named_by_field_and_octet() -> None:
    with pytest.raises(MalformedMessage, match=r"Field 2 .* at octet 10") as caught:
        run("--packager", "iso8583-1987-bcd", "0200 4000000000000000 16 622202")
    assert (caught.value.field, caught.value.position) == (2, 10)
