"""The `goldenpath` command: finds one module a command, and renders expected errors on one line."""

import importlib
import sys

import click

from goldenpath import __version__
from goldenpath.errors import GoldenPathError, render_line

COMMANDS: dict[str, str] = {
    "init": "Draft a manifest from a compose file or Procfile.",
    "loop": "Check, deploy, gate, test, diagnose and repair until the golden path is green.",
    "check": "Check the env contract, every edge and the budgets.",
    "deploy": "Deploy a revision: candidate, gate, promotion.",
    "status": "Show what runs.",
    "logs": "Show the log lines of a component.",
    "test": "Run the end-to-end tests and prove them real.",
    "why": "Name the cause of what is wrong, with evidence.",
    "bisect": "Find the change of code that made a revision bad.",
    "fix": "Plan, apply, verify and if need be undo a fix.",
    "drill": "Inject real faults and score the loop.",
    "worklog": "Render a worklog from its journal.",
    "down": "Stop everything of an environment.",
}
INTERRUPTED = 130


class Commands(click.Group):
    """Loads a command's module only when it is asked for, so that each starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command, in the order people meet them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the command of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        return importlib.import_module(f"goldenpath.cli.{cmd_name}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands)
@click.version_option(__version__, prog_name="goldenpath")
def root() -> None:
    """Check, deploy, gate, test, diagnose and repair a system until its golden path is green."""


def main() -> None:
    """Run the command line; an expected failure is one line on stderr and its exit code."""
    try:
        root(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except GoldenPathError as error:
        print(render_line(error), file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
