"""`guanxi sandbox`."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from guanxi.storage.installation import database_ready


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sandbox(arguments: tuple[str, ...]) -> None:
    """Serve the sandbox bank, or load accounts into it (`guanxi sandbox --help`)."""
    with database_ready(os.environ) as configuration:
        files = ["--files", str(configuration.home / "sandbox")] if "--files" not in arguments else []
        done = subprocess.run([sys.executable, "-m", "guanxi.sandbox", *files, *arguments], check=False)
    sys.exit(done.returncode)


COMMAND = sandbox
