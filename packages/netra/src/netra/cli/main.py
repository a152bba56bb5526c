"""The `netra` command: finds one module a command, and renders expected errors on one line."""

import importlib
import sys

import click

from netra import __version__
from netra.errors import NetraError, render_line

COMMANDS: dict[str, str] = {
    "up": "Start embedded servers, web and worker, and print the address.",
    "ask": "Ask one question and watch the run.",
    "chat": "Talk with the agents, in the terminal or line by line.",
    "eval": "Ask questions whose answers are known, and check every number.",
    "web": "Serve HTTP, WebSocket and SSE.",
    "worker": "Execute runs.",
    "migrate": "Bring the databases to the present schema.",
    "data": "Generate or import usage data.",
    "user": "Make an account an operator's, or a user's again.",
    "config": "Check, show or describe the environment contract.",
    "embedded": "Run one embedded server in the foreground.",
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
        return importlib.import_module(f"netra.cli.{cmd_name}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands)
@click.version_option(__version__, prog_name="netra")
def root() -> None:
    """Netra: a multi-user AI-agent platform that cannot fail silently."""


def main() -> None:
    """Run the command line; an expected failure is one line on stderr and its exit code."""
    try:
        root(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except NetraError as error:
        print(render_line(error), file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
