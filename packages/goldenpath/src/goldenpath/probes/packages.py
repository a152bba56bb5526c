"""Which versions of which packages the processes of a component run with, found from where their interpreter is."""

from pathlib import Path

from goldenpath.facts import Record

_KINDS = ("*.dist-info", "*.egg-info")
Versions = dict[str, str]


class Changed(Record):
    """One package that differs."""

    name: str
    before: str
    """Empty when it was not there."""
    after: str


def packages_of(pids: tuple[int, ...]) -> Versions:
    """The Python packages that the first of these processes with an interpreter of its own finds; empty without one."""
    return next((found for pid in pids if (found := _of(pid))), Versions())


def differences(before: Versions, after: Versions) -> tuple[Changed, ...]:
    """Packages of another version, new ones and missing ones, by name."""
    return tuple(
        Changed(name=name, before=before.get(name, ""), after=after.get(name, ""))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    )


def _of(pid: int) -> Versions:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return {}
    interpreter = Path(words[0].decode(errors="replace"))
    if not interpreter.name.startswith("python") or not interpreter.is_absolute():
        return {}
    # As the process sees it, and not resolved: a virtual environment is where the link to the interpreter stands.
    prefix = Path(f"/proc/{pid}/root{interpreter.parent.parent}")
    found = (info for kind in _KINDS for info in prefix.glob(f"lib/python*/site-packages/{kind}"))
    return dict(sorted(pair for info in found if (pair := _named(info.name))[0]))


def _named(folder: str) -> tuple[str, str]:
    """`a_package-1.2.3.dist-info` as name and version."""
    name, _, version = folder.rsplit(".", 1)[0].partition("-")
    return name.replace("_", "-").lower(), version
