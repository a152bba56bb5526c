"""A whole site inside a network of its own: the manifest as it is there, and the program that runs drills in it."""

import asyncio
import importlib.util
import json
import os
import signal
import sys
import tomllib
from functools import lru_cache
from pathlib import Path

from pydantic import JsonValue, ValidationError

from goldenpath.drills.net import kernel
from goldenpath.drills.net.enter import command
from goldenpath.drills.net.plan import Files, SiteSpec
from goldenpath.errors import ManifestError, StateError
from goldenpath.manifest.model import Component, System
from goldenpath.manifest.names import Name

ENVIRONMENT: Name = "network"
"""The environment's name there; its state is apart from every other's."""
SPEC = "site.toml"
"""The name of the file; it is no drill."""
RESOLV_CONF = Path("/etc/resolv.conf")


@lru_cache
def why_not() -> str:
    """Why this machine cannot have a network of its own for a site; empty when it can."""
    if not sys.platform.startswith("linux"):
        return "network namespaces are Linux's"
    if not RESOLV_CONF.exists():
        return f"{RESOLV_CONF} is not there to be laid over"
    if importlib.util.find_spec("pyroute2") is None:
        return "pyroute2 is not installed: install goldenpath[network]"
    return _tried()


def spec_of(folder: Path) -> SiteSpec:
    """What the drills' folder says of such a site."""
    path = next(iter(sorted(folder.rglob(SPEC))), folder / SPEC)
    try:
        return SiteSpec.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ManifestError("is not there, and drills need it for a network of their own", where=SPEC) from error
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ManifestError(str(error), where=SPEC) from error


def files_of(project: Path) -> Files:
    """Where the network of this project's site is written down."""
    return Files(project / ".goldenpath" / ENVIRONMENT / "parts")


def system_inside(system: System, spec: SiteSpec, files: Files) -> System:
    """The same system in the environment of such a site."""
    if ENVIRONMENT in system.environments or spec.based_on not in system.environments:
        raise ManifestError(f"needs an environment {spec.based_on!r}, and none named {ENVIRONMENT!r}", where=SPEC)
    base = system.environments[spec.based_on]
    inside = base.model_copy(update={"variables": {**base.variables, **spec.variables}})
    components = {name: _placed(name, component, spec, files) for name, component in system.components.items()}
    return system.model_copy(update={"environments": {ENVIRONMENT: inside}, "components": components})


def prepare(spec: SiteSpec, files: Files) -> None:
    """Write down what the good resolver answers."""
    files.folder.mkdir(parents=True, exist_ok=True)
    files.names.write_text(json.dumps(spec.names), encoding="utf-8")


async def run_inside(project: Path, words: tuple[str, ...]) -> dict[str, JsonValue]:
    """Run `goldenpath drill run --inside` with these words in a network of its own; its result as JSON."""
    program = (sys.executable, "-P", "-m", "goldenpath.drills.net.inside", str(files_of(project).folder))
    inner = (sys.executable, "-P", "-m", "goldenpath.cli.main", "drill", "run", "--inside", "--output", "json", *words)
    process = await asyncio.create_subprocess_exec(
        *program, *inner, cwd=project, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    try:
        out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()
    lines = out.decode(errors="replace").splitlines()
    if not lines:
        raise StateError(f"the site ended with exit code {process.returncode}", where="network namespace")
    return json.loads(lines[-1])


def _placed(name: str, component: Component, spec: SiteSpec, files: Files) -> Component:
    run = spec.run.get(name, component.run)
    if run is not None and name in spec.places:
        run = command(files.folder, spec.places[name], run)
    return component.model_copy(update={"run": run})


def _tried() -> str:
    """Try it in a child, because there is no way back."""
    ready, told = os.pipe()
    pid = os.fork()
    if not pid:
        _try(told)
    os.close(told)
    said = os.read(ready, 500).decode(errors="replace")
    os.close(ready)
    os.waitpid(pid, 0)
    return said


def _try(told: int) -> None:
    flags = kernel.CLONE_NEWNET | kernel.CLONE_NEWNS
    try:
        if os.geteuid() == 0:
            kernel.unshare(flags)
        else:
            kernel.new_user_namespace(flags)
        kernel.keep_mounts_private()
    except OSError as error:
        os.write(told, f"this user may not make network namespaces: {error}".encode())
    finally:
        os._exit(0)
