"""How the processes of an environment are, from the supervisor's answer and from what should be there."""

from collections.abc import Iterable
from datetime import UTC, datetime

from goldenpath.deploy.local.layout import Layout
from goldenpath.deploy.local.wire import ChildInfo
from goldenpath.deploy.target import ProcessState, ProcessStatus
from goldenpath.manifest.model import Component, System


def statuses(
    system: System, layout: Layout, children: Iterable[ChildInfo], expected: Iterable[str]
) -> tuple[ProcessStatus, ...]:
    """Every process there is, and every one missing of the shared components and of the `expected` revisions."""
    present = {(c.component, c.revision, c.replica): c for c in children}
    wanted = {key: None for revision in ("", *expected) for key in _keys(system, revision)}
    return tuple(
        _status(present[key]) if key in present else _missing(layout, key)
        for key in sorted({*present, *wanted}, key=lambda key: (key[1], _order(system, key[0]), key[2]))
    )


def _keys(system: System, revision: str) -> list[tuple[str, str, int]]:
    lifetime = "revision" if revision else "environment"
    run: list[tuple[str, Component]] = [(n, c) for n, c in system.components.items() if c.run]
    chosen = [(n, c) for n, c in run if c.lifetime == lifetime]
    return [(name, revision, replica) for name, c in chosen for replica in range(c.replicas)]


def _order(system: System, component: str) -> int:
    names = list(system.components)
    return names.index(component) if component in names else len(names)


def _status(child: ChildInfo) -> ProcessStatus:
    started_at = datetime.fromisoformat(child.started_at)
    running = child.exit_code is None
    return ProcessStatus(
        component=child.component,
        replica=child.replica,
        revision=child.revision,
        state=_state(child),
        pid=child.pid,
        exit_code=child.exit_code,
        started_at=started_at,
        uptime_s=round((datetime.now(UTC) - started_at).total_seconds(), 3) if running else 0.0,
        log=child.log,
    )


def _state(child: ChildInfo) -> ProcessState:
    if child.exit_code is not None:
        return "exited"
    if child.frozen:
        return "frozen"
    return "running" if child.ready else "starting"


def _missing(layout: Layout, key: tuple[str, str, int]) -> ProcessStatus:
    component, revision, replica = key
    return ProcessStatus(
        component=component,
        replica=replica,
        revision=revision,
        state="missing",
        log=str(layout.log(component, revision, replica)),
    )
