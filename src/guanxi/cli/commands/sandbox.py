"""`guanxi sandbox`."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from guanxi.cli.demo_corporate import corporate_folder
from guanxi.cli.supervisor import die_with_parent
from guanxi.storage.installation import database_ready


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sandbox(arguments: tuple[str, ...]) -> None:
    """Serve the sandbox bank, or load accounts into it (`guanxi sandbox --help`)."""
    with database_ready(os.environ) as configuration:
        ours = {
            "--files": str(configuration.home / "sandbox"),
            "--callback-url": f"{configuration.gateway_url}/callbacks/intermediary",
        }
        if corporate_folder(configuration).exists():
            ours["--sftp-port"] = str(configuration.sandbox_sftp_port)
        options = [word for option, value in ours.items() if option not in arguments for word in (option, value)]
        command = [sys.executable, "-m", "guanxi.sandbox", *options, *arguments]
        done = subprocess.run(command, check=False, preexec_fn=die_with_parent)
    sys.exit(done.returncode)


COMMAND = sandbox
