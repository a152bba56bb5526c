"""Every pure check over the observations of one revision."""

from collections.abc import Callable, Sequence

from goldenpath.checks.dependencies import check_dependencies
from goldenpath.checks.edges import check_edges
from goldenpath.checks.health import check_health
from goldenpath.checks.limits import check_limits
from goldenpath.checks.processes import check_processes
from goldenpath.checks.schema import check_schema
from goldenpath.checks.servers import check_servers
from goldenpath.checks.version import check_version
from goldenpath.facts import Finding, Observation
from goldenpath.manifest.model import System

Check = Callable[[System, Sequence[Observation]], tuple[Finding, ...]]
_BY_PROBE: dict[str, tuple[Check, ...]] = {
    "edge": (check_edges,),
    "health": (check_health, check_version),
    "process": (check_processes,),
    "connections": (check_dependencies,),
    "host": (check_limits,),
    "server": (check_servers,),
    "schema": (lambda _, observations: check_schema(observations),),
}


def judge(system: System, observations: Sequence[Observation]) -> tuple[Finding, ...]:
    """The findings of every check whose probe was made, and of the env contract's violations among them."""
    probes = {o.probe for o in observations}
    found = [
        f for probe, checks in _BY_PROBE.items() if probe in probes for c in checks for f in c(system, observations)
    ]
    return (*_env(observations), *found)


def _env(observations: Sequence[Observation]) -> list[Finding]:
    """`checks.env` judges while it observes; what it noted is judged the same here."""
    return [
        Finding(
            check="env_contract",
            subject=o.subject,
            verdict="pass" if o.name == "env.ok" else "fail",
            statement=o.text,
            observations=(o.id,),
        )
        for o in observations
        if o.name in {"env.ok", "env.violation"}
    ]
