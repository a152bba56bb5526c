"""Probing an edge from where its source runs: on its own network and with its own resolvers, if they are not ours."""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from goldenpath.facts import Observation
from goldenpath.manifest.model import Edge, System
from goldenpath.probes.edge import EdgeOptions, probe_edge
from goldenpath.probes.host import families_of
from goldenpath.probes.record import Notes, Recorder

KINDS = ("net", "mnt")
"""The network, and the files: the resolvers stand in one of them."""
CHILD = ("-P", "-m", "goldenpath.probes.inside")
EXTRA_S = 15.0
"""What a program that has to start may take more than the phases themselves."""
PHASES = 7


async def probe_edge_from_source(
    recorder: Recorder, system: System, edge: Edge, environ: Mapping[str, str], options: EdgeOptions
) -> tuple[Observation, ...]:
    """As `probe_edge`, from where `options.origin` runs; from here when that is the same, or may not be entered."""
    pid = elsewhere(options.origin)
    if pid is None:
        return await probe_edge(recorder, system, edge, environ, options)
    notes = Notes(recorder, "edge", f"{edge.source}->{edge.target}{options.suffix}", options.revision)
    told = await _ask(pid, system, edge, environ, options)
    problem = told.get("error")
    if isinstance(problem, str):
        here = await probe_edge(recorder, system, edge, environ, options)
        value: dict[str, JsonValue] = {"pid": pid, "entered": False}
        return (*here, notes.note("probed.from", value, f"from here, and not from {edge.source}: {problem}"))
    made = told.get("observations")
    seen = tuple(recorder.adopt(Observation.model_validate(o)) for o in made) if isinstance(made, list) else ()
    where: dict[str, JsonValue] = {"pid": pid, "entered": True}
    return (*seen, notes.note("probed.from", where, f"from the network and files of {edge.source}"))


def elsewhere(origin: int | None) -> int | None:
    """The first process of this family whose network or files are not ours; None when there is none."""
    return next((pid for pid in families_of(origin) if _differs(pid)), None)


def _differs(pid: int) -> bool:
    return any(_namespace("self", kind) != (found := _namespace(str(pid), kind)) and found for kind in KINDS)


def _namespace(process: str, kind: str) -> str:
    try:
        return str(Path(f"/proc/{process}/ns/{kind}").readlink())
    except OSError:
        return ""


async def _ask(
    pid: int, system: System, edge: Edge, environ: Mapping[str, str], options: EdgeOptions
) -> dict[str, JsonValue]:
    """What a program of ours saw there; its orders hold secrets and go by a pipe."""
    orders: dict[str, JsonValue] = {
        "pid": pid,
        "system": system.model_dump(mode="json", by_alias=True),
        "edge": edge.model_dump(mode="json", by_alias=True),
        "environ": {**environ},
        "options": options.model_dump(mode="json"),
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *CHILD,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        within = options.timeout_s * PHASES + EXTRA_S
        said, failed = await asyncio.wait_for(child.communicate(json.dumps(orders).encode()), within)
    except TimeoutError:
        child.kill()
        await child.wait()
        return {"error": "it did not come back"}
    return _read(said, failed)


def _read(said: bytes, failed: bytes) -> dict[str, JsonValue]:
    try:
        found: JsonValue = json.loads(said)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    lines = failed.decode(errors="replace").strip().splitlines()
    return {"error": lines[-1] if lines else "it said nothing"}
