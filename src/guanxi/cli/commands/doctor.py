"""`guanxi doctor`."""

from __future__ import annotations

import os
import sys

import click

from guanxi.cli.health_checks import CHECKS, Finding
from guanxi.kernel.errors import GuanxiError
from guanxi.storage.installation import prepare_home


@click.command()
def doctor() -> None:
    """Check this installation and say what to do about what is wrong."""
    configuration = prepare_home(os.environ)
    well = True
    for check in CHECKS:
        try:
            finding = check(configuration)
        except GuanxiError as error:
            finding = Finding(well=False, what=str(error), advice=error.next_step)
        well = well and finding.well
        mark = click.style("✓", fg="green") if finding.well else click.style("✗", fg="red")
        click.echo(f" {mark} {finding.what}")
        if finding.advice:
            click.echo(f"   {finding.advice}")
    sys.exit(0 if well else 1)


COMMAND = doctor
