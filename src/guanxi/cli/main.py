"""`guanxi`: every command is a module in `cli.commands`, found by its file name and imported when it runs."""

from __future__ import annotations

import os
import pkgutil
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import Final

import click

from guanxi.cli import commands
from guanxi.cli.supervisor import end_with_supervisor
from guanxi.kernel.errors import GuanxiError
from guanxi.storage.wiring import load

# The tour that `guanxi --help` gives: what each group of commands is for.
TOUR: Final[dict[str, Sequence[str]]] = {
    "Start here": ("run", "doctor"),
    "Fill the bank": ("demo", "import"),
    "Play the customers": ("traffic", "payments"),
    "Run one process by itself": ("office", "gateway", "worker", "sandbox"),
    "Prove it": ("chaos",),
    "Build on it": ("new", "maps"),
    "Look after it": ("migrate", "reconcile", "terminal", "client", "iso8583", "events", "files", "assets", "audit"),
}


class Commands(click.Group):
    """The commands there are, each imported only when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names as they are typed."""
        return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command in the module of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        found = load(f"guanxi.cli.commands.{cmd_name.replace('-', '_')}:COMMAND")
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Grouped by purpose; what no group names comes last."""
        names = self.list_commands(ctx)
        toured = {name for group in TOUR.values() for name in group}
        groups = {**TOUR, "More": tuple(name for name in names if name not in toured)}
        for title, group in groups.items():
            rows = [(name, self._help(ctx, name)) for name in group if name in names]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def _help(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str(100) if command else ""


@click.group(cls=Commands, context_settings={"max_content_width": 100})
@click.version_option(package_name="guanxi")
def guanxi() -> None:
    """Guanxi: one customer record, every channel, one history.

    Start with `guanxi run` and open the address it prints.
    """


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 refused in one sentence, 2 wrong words, 70 a fault of ours, 130 stopped."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.office.settings")
    end_with_supervisor()
    try:
        guanxi.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except GuanxiError as error:
        click.secho(f"{error}", fg="red", err=True)
        if error.next_step:
            click.echo(error.next_step, err=True)
        sys.exit(1)
    except Exception:  # noqa: BLE001 - the person gets a sentence, the file gets the traceback
        with tempfile.NamedTemporaryFile("w", prefix="guanxi-fault-", suffix=".log", delete=False) as file:
            traceback.print_exc(file=file)
        click.secho(f"Guanxi has a fault of its own. What happened stands in {file.name}.", fg="red", err=True)
        sys.exit(70)
