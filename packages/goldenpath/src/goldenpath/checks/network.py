"""The addresses in a revision's environment against the plan of the network; pure, before anything of it runs."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from goldenpath.facts import Finding, Observation, Record
from goldenpath.manifest.fill import placeholders
from goldenpath.manifest.model import System
from goldenpath.manifest.network import Reach
from goldenpath.probes.address import Target, target_of
from goldenpath.probes.record import Notes, Recorder

CHECK = "network_plan"
_URL = re.compile(r"^[a-z][a-z0-9+.-]*://[^/\s]+", re.IGNORECASE)
_LOOPBACK = ("localhost",)


class Breach(Record):
    """One address that is not where the plan has it."""

    rule: str
    component: str
    variable: str
    message: str
    required: bool = True
    """Whether it blocks; the others are shown."""


def check_network(
    recorder: Recorder, system: System, environment: str, environ: Mapping[str, str], revision: str
) -> tuple[tuple[Observation, ...], tuple[Finding, ...]]:
    """Each breach as an observation and a finding; one finding that passes when there is none."""
    notes = Notes(recorder, "plan", "revision", revision)
    findings: list[Finding] = []
    for breach in breaches(system, environment, environ):
        value = {
            "rule": breach.rule,
            "component": breach.component,
            "variable": breach.variable,
            "message": breach.message,
        }
        seen = notes.note("plan.breach" if breach.required else "plan.remark", {**value}, breach.message)
        findings.append(
            Finding(
                check=CHECK,
                subject=breach.component or "revision",
                verdict="fail",
                statement=breach.message,
                observations=(seen.id,),
                required=breach.required,
            )
        )
    if not any(finding.required for finding in findings):
        good = notes.note("plan.ok", value=True, text="every address is where the plan of the network has it")
        findings.append(
            Finding(check=CHECK, subject="revision", verdict="pass", statement=good.text, observations=(good.id,))
        )
    return notes.taken, tuple(findings)


def breaches(system: System, environment: str, environ: Mapping[str, str]) -> Iterator[Breach]:
    """Everything in these variables that the plan does not have so."""
    targets = {name: found for name, spec in system.components.items() if (found := target_of(spec, environ))}
    yield from _unreachable(system, targets)
    for name, target in targets.items():
        yield from _misplaced(system, name, target)
        yield from _elsewhere(system, environment, name, target)
    yield from _shared(system, targets)
    yield from _unnamed(system, environ, targets)


def reach_of(host: str) -> Reach | None:
    """What kind of address this is; None for a name, of which only a resolver knows."""
    if host.lower() in _LOOPBACK:
        return "loopback"
    address = _address(host)
    if address is None:
        return None
    if address.is_loopback:
        return "loopback"
    # Addresses for documentation are nobody's: `is_private` calls them so, and they are as far away as any.
    return "private" if address.is_private and not _is_documentation(address) else "public"


def _unreachable(system: System, targets: Mapping[str, Target]) -> Iterator[Breach]:
    """Declared edges to a component that these variables give no address."""
    for name in dict.fromkeys(edge.target for edge in system.edges):
        target = targets.get(name)
        if target is not None and not target.host and system.components[name].required:
            message = f"{name} has no address: {target.problem or f'{target.variable} names no host'}"
            yield Breach(rule="no_address", component=name, variable=target.variable, message=message, required=False)


def _misplaced(system: System, name: str, target: Target) -> Iterator[Breach]:
    plan, address = system.network, _address(target.host)
    allowed, is_now = plan.reach.get(name, ()), reach_of(target.host)
    if allowed and is_now is not None and is_now not in allowed:
        message = f"{name} is at the {is_now} address {target.host}, and must be at one that is {' or '.join(allowed)}"
        yield Breach(rule="reach", component=name, variable=target.variable, message=message)
    subnets = plan.subnets.get(name, ())
    if subnets and address is not None and not any(address in ip_network(net, strict=False) for net in subnets):
        message = f"{name} is at {target.host}, outside of {', '.join(subnets)}"
        yield Breach(rule="subnet", component=name, variable=target.variable, message=message)


def _elsewhere(system: System, environment: str, name: str, target: Target) -> Iterator[Breach]:
    """An address that another environment of the manifest has, and this one has not."""
    own = system.environments[environment].variables.get(target.variable, "")
    for other, spec in system.environments.items():
        literal = spec.variables.get(target.variable, "")
        is_theirs = literal in {target.host, target.shown} and literal != own and not placeholders(literal)
        if other != environment and literal and is_theirs and reach_of(target.host) != "loopback":
            message = f"{name} is at {target.shown}, which is that of the environment {other}"
            yield Breach(rule="other_environment", component=name, variable=target.variable, message=message)


def _shared(system: System, targets: Mapping[str, Target]) -> Iterator[Breach]:
    """Components of different kinds at one host and port: one of them cannot be there."""
    taken: dict[tuple[str, str], str] = {}
    for name, target in targets.items():
        if not (target.host and target.port):
            continue
        other = taken.setdefault((target.host, target.port), name)
        if system.components[other].kind != system.components[name].kind:
            message = f"{other} and {name} have one address: {target.host}:{target.port}"
            yield Breach(rule="one_address", component=name, variable=target.variable, message=message, required=False)


def _unnamed(system: System, environ: Mapping[str, str], targets: Mapping[str, Target]) -> Iterator[Breach]:
    """Variables with an address that belongs to no component and that the manifest does not name either."""
    known = {target.variable for target in targets.values()} | {*system.network.outside, system.doors.public}
    known |= {system.access.origins_variable} if system.access else set()
    for variable, value in sorted(environ.items()):
        if variable not in known and _URL.match(value):
            message = (
                f"{variable} holds an address that belongs to no component: declare an edge, or name it as outside"
            )
            yield Breach(rule="not_named", component="", variable=variable, message=message, required=False)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.strip())
    except ValueError:
        return None


def _is_documentation(address: IPv4Address | IPv6Address) -> bool:
    nets = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
    return any(address in ip_network(net) for net in nets)
