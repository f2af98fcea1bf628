"""docs/tutorial/connect-a-core-bank.md, walked as it is written."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).parents[3]
PAGE = HOUSE / "docs" / "tutorial" / "connect-a-core-bank.md"
SHIPPED = HOUSE / "src" / "guanxi" / "systems" / "fineract"


def blocks() -> dict[str, str]:
    return dict(re.findall(r'```\w+ title="([^"]+)"\n(.*?)```', PAGE.read_text(), re.DOTALL))


def run(at: Path, *command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=at, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pages_adapter_is_the_houses_and_short() -> None:
    written = blocks()
    assert written["adapter.py"] == (SHIPPED / "adapter.py").read_text()
    for name in ("map.toml", "recorded.json"):
        assert written[name] == (SHIPPED / name).read_text()
    assert len(written["adapter.py"].splitlines()) < 150


def test_whoever_follows_it_has_an_adapter_that_keeps_every_promise(tmp_path: Path) -> None:
    run(tmp_path, "guanxi.cli", "new", "adapter", "fineract", "--into", "my_bank")
    folder = tmp_path / "my_bank" / "fineract"
    tests = ("pytest", "-q", "-p", "no:cacheprovider", "my_bank/fineract")
    run(tmp_path, *tests)
    for name, text in blocks().items():
        (folder / name).write_text(text)
    shutil.copy(HOUSE / "tests" / "peers" / "fineract_stand_in.py", folder / "stand_in.py")
    run(tmp_path, *tests)
