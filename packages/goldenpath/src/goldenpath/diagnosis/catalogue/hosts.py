"""Causes that the kernel of the host knows: limits that were reached, and what it did then."""

from pydantic import JsonValue

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import components, with_processes
from goldenpath.diagnosis.readers import host, packages, process, server
from goldenpath.diagnosis.rule import CauseRule, Prediction, Reading, Site, never

CONTROL = "open files, memory and processor time are watched against their limits"
STORES = frozenset({"postgres", "redis", "clickhouse", "tcp"})
DECOYS = ("process_frozen", "route_broken", "connection_filtered")


def _files(evidence: Evidence, site: Site) -> str:
    return f"{site.component} can open nothing more: {host.files_are_used_up(evidence, site).words}"


def _killed(evidence: Evidence, site: Site) -> str:
    return f"{site.component} ran out of memory: {host.was_killed_for_memory(evidence, site).words}"


def _throttled(evidence: Evidence, site: Site) -> str:
    return f"{site.component} is held back by a quota: {host.is_throttled(evidence, site).words}"


def _package(evidence: Evidence, site: Site) -> str:
    return f"{site.component} runs with another package: {packages.changed_and_blamed(evidence, site).words}"


def _blocked(evidence: Evidence, site: Site) -> str:
    busy = host.is_busy(evidence, site)
    why = busy.words if busy.state == "seen" else "it waits inside"
    return f"{site.component} runs and serves nobody: {host.does_not_accept(evidence, site).words}, and {why}"


def _held_by_a_command(evidence: Evidence, site: Site) -> Reading:
    """Of a server that does one command at a time; of all others nothing is to be asked."""
    is_redis = evidence.system.components[site.component].kind == "redis"
    return server.slow_commands(evidence, site) if is_redis else Reading(state="against")


def _to_go_back_from(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
    """What blocks a revision went in with it; of a server that all revisions share nothing is to be taken back."""
    shared = evidence.system.components[site.component].lifetime == "environment"
    return {**with_processes(evidence, site), **({"fix": "none"} if shared else {})}


_STILL_RUNS = Prediction(states="whether the process runs", read=process.runs, probe="process")
_SAID_BETTER = (
    Prediction(states="open files against the limit", read=host.files_are_used_up, probe="host"),
    Prediction(states="processor time against its quota", read=host.is_throttled, probe="host"),
    Prediction(states="whether the process is stopped", read=process.is_frozen, probe="process"),
    Prediction(states="the slow log", read=_held_by_a_command, probe="server"),
)
"""Who does not accept for one of these is blocked by it, and by nothing else."""

RULES = (
    CauseRule(
        id="killed_for_memory",
        claim="{component} was killed for memory",
        places=components(),
        statement=_killed,
        mechanism="the kernel ends the process at its limit; what needs {component} fails until it is started again",
        missing_control=CONTROL,
        must=(Prediction(states="whom the kernel killed", read=host.was_killed_for_memory, probe="host"),),
        rivals=("process_frozen", "route_broken", "connection_filtered"),
        is_effect=never,
        fix="restart",
        detail=with_processes,
    ),
    CauseRule(
        id="files_exhausted",
        claim="{component} has no file descriptor left",
        places=components(),
        statement=_files,
        mechanism="what is open goes on; whatever needs one more file or connection fails at once",
        missing_control=CONTROL,
        must=(Prediction(states="open files against the limit", read=host.files_are_used_up, probe="host"),),
        rivals=DECOYS,
        is_effect=never,
        detail=with_processes,
    ),
    CauseRule(
        id="cpu_throttled",
        claim="{component} is held back by a quota of processor time",
        places=components(),
        statement=_throttled,
        mechanism="the kernel stops {component} for part of each tenth of a second: everything of it takes longer",
        missing_control=CONTROL,
        must=(Prediction(states="processor time against its quota", read=host.is_throttled, probe="host"),),
        rivals=(*DECOYS, "server_slow"),
        is_effect=never,
        detail=with_processes,
    ),
    CauseRule(
        id="process_blocked",
        claim="{component} runs and does not serve",
        places=components(),
        statement=_blocked,
        mechanism="the kernel takes connections for {component}, and its only thread has no time to look at them",
        missing_control="long work is done beside the loop that serves, and the loop's lateness is measured",
        must=(
            Prediction(states="connections that wait to be accepted", read=host.does_not_accept, probe="host"),
            _STILL_RUNS,
        ),
        refuters=_SAID_BETTER,
        rivals=("process_dead", *DECOYS, "files_exhausted"),
        is_effect=never,
        fix="roll_back",
        detail=_to_go_back_from,
    ),
    CauseRule(
        id="package_changed",
        claim="{component} runs with another package",
        places=components(without=STORES),
        statement=_package,
        mechanism="code that was written for one version calls another, and fails where the two differ",
        missing_control="versions are pinned, and a candidate runs every journey before it gets traffic",
        must=(
            Prediction(
                states="packages against the last good ones, and whether errors name one",
                read=packages.changed_and_blamed,
                probe="host",
            ),
        ),
        rivals=("process_dead", *DECOYS, "files_exhausted"),
        is_effect=never,
        fix="roll_back",
        detail=with_processes,
    ),
)
