"""`commands.md`: every command and option of both command lines, as click knows them."""

from collections.abc import Iterator
from typing import NamedTuple

import click

from goldenpath.cli.main import root as goldenpath
from netra.cli.main import root as netra

from .markdown import code, page, table

INTRODUCTION = """\
# Commands

Results go to stdout, talk to stderr. `--output json` prints one JSON object as the last line of stdout; its shape is in
[results.md](results.md). Run from a checkout, each command begins with `uv run`. `--help` says what stands here."""
NETRA = """\
netra reads its settings from the [environment](variables.md). Exit codes: 0 done, 1 failed, 2 a wrong call or an
environment that breaks the contract, 130 interrupted."""
GOLDENPATH = """\
Exit codes: 0 pass, 1 fail, 2 a wrong call, 3 not proven, 130 interrupted. Every command takes these options:"""
SHARED = ("--project", "--env", "--output")
RANGES = {(True, True): "{min} to {max}", (True, False): "at least {min}", (False, True): "at most {max}"}
HEAD = ("option", "value", "default", "meaning")


class Named(NamedTuple):
    """A command with its whole name."""

    name: str
    command: click.Command

    @property
    def arguments(self) -> list[click.Argument]:
        """What stands after its name."""
        return [p for p in self.command.params if isinstance(p, click.Argument)]

    @property
    def options(self) -> list[click.Option]:
        """Its options, as far as they are not hidden."""
        return [p for p in self.command.params if isinstance(p, click.Option) and not p.hidden]


def made() -> str:
    """The page."""
    loop = list(_all(goldenpath, "goldenpath"))
    shared = table(HEAD, [_option(o) for o in loop[0].options if o.opts[0] in SHARED])
    netra_parts = [part for named in _all(netra, "netra") for part in _section(named, ())]
    loop_parts = [part for named in loop for part in _section(named, SHARED)]
    return page(
        [INTRODUCTION], ["## netra"], [NETRA], *netra_parts, ["## goldenpath"], [GOLDENPATH], shared, *loop_parts
    )


def _all(command: click.Command, name: str) -> Iterator[Named]:
    """Every command that does something, depth first, in the order people meet them."""
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield Named(name, command)
    if not isinstance(command, click.Group):
        return
    context = click.Context(command, info_name=name)
    for word in command.list_commands(context):
        if found := command.get_command(context, word):
            yield from _all(found, f"{name} {word}")


def _section(named: Named, shared: tuple[str, ...]) -> tuple[list[str], ...]:
    lacking = set(shared) - {name for option in named.options for name in option.opts}
    if lacking:
        message = f"{named.name} lacks {', '.join(sorted(lacking))}, which every command is said to have"
        raise ValueError(message)
    words = [named.name, *(_argument(argument) for argument in named.arguments)]
    rows = [_option(option) for option in named.options if option.opts[0] not in shared]
    return [f"### {code(' '.join(words))}"], [_line(named.command.help)], table(HEAD, rows)


def _argument(argument: click.Argument) -> str:
    name = str(argument.name).upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _option(option: click.Option) -> tuple[str, ...]:
    names = ", ".join(code(name) for name in [*option.opts, *option.secondary_opts])
    meaning = _line(option.help)
    repeated = " May be repeated." if option.multiple and "repeated" not in meaning else ""
    return names, _value(option), _default(option), (meaning + repeated).strip()


def _value(option: click.Option) -> str:
    if option.is_flag:
        return ""
    kind = option.type.to_info_dict()
    if choices := kind.get("choices"):
        return ", ".join(code(str(choice)) for choice in choices)
    limits = (kind.get("min") is not None, kind.get("max") is not None)
    return RANGES[limits].format(**kind) if limits in RANGES else code(option.metavar or "") or str(kind["name"])


def _default(option: click.Option) -> str:
    """The default, if it says anything: not of flags, of what is empty, or of what is computed on the machine."""
    default = option.to_info_dict()["default"]
    if callable(option.default) or option.is_flag or default in {None, ""} or option.multiple:
        return ""
    return code(str(default))
