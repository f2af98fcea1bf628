"""What `guanxi new` writes: one folder a kind, its files ending in `.txt` so that nothing takes them for code here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import click

HERE: Final = Path(__file__).parent
KINDS: Final = tuple(sorted(path.name for path in HERE.iterdir() if path.is_dir() and not path.name.startswith("_")))
HOUSE: Final = Path(__file__).parents[2] / "systems"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,19}")


def write_adapter(name: str, kind: str, into: Path) -> Path:
    """The folder of a new adapter; it is refused where one stands already."""
    if not _NAME.fullmatch(name):
        raise click.BadParameter(
            "a name is 2 to 20 small letters, digits and _, and begins with a letter", param_hint="NAME"
        )
    folder = into / name
    if folder.exists():
        raise click.BadParameter(f"{folder} is there already", param_hint="NAME")
    words = {
        "name": name,
        "Name": "".join(part.title() for part in name.split("_")),
        "NAME8": name.replace("_", "")[:8].upper().ljust(8, "0"),
    }
    folder.mkdir(parents=True)
    for path in sorted((HERE / kind).glob("*.txt")):
        text = re.sub(r"\{\{(\w+)\}\}", lambda found: words[found.group(1)], path.read_text(encoding="utf-8"))
        target = path.name.removesuffix(".txt").replace("test_adapter", f"test_{name}")
        (folder / target).write_text(text, encoding="utf-8")
    return folder
