"""Reaching one target phase by phase, as far as it goes."""

from collections.abc import Awaitable, Callable

from goldenpath.probes import clickhouse, dns, http, llm, postgres, redis, tls, wire
from goldenpath.probes.address import Target
from goldenpath.probes.dns import SockAddr
from goldenpath.probes.phase import CONNECT_PHASES, Phase
from goldenpath.probes.wire import Wire


async def reach(target: Target, timeout_s: float) -> tuple[Phase, ...]:
    """The phases up to and with the first that failed; each has at most `timeout_s` seconds."""
    if target.problem:
        return (Phase(name="dns", error="EAI_NONAME", text=_unusable(target)),)
    looked_up, addresses = await dns.resolve(target.host, target.port, timeout_s)
    # A clean literal never reaches the resolver, so it has no duration there.
    phases = () if target.is_literal and not looked_up.error else (looked_up,)
    if looked_up.error:
        return phases
    tcp, opened = await wire.connect(addresses, timeout_s)
    if opened is None:
        return (*phases, tcp)
    return (*phases, tcp, *await _talk(target, tcp, opened, timeout_s))


def connect_ms(phases: tuple[Phase, ...]) -> float | None:
    """The sum from the look-up to the log-in; None when one of them failed."""
    if any(phase.error for phase in phases if phase.name in CONNECT_PHASES):
        return None
    return round(sum(phase.ms or 0.0 for phase in phases if phase.name in CONNECT_PHASES), 3)


def _unusable(target: Target) -> str:
    if target.kind == "postgres" and not target.host:
        return f"{target.problem}: a PostgreSQL client takes the local unix socket instead"
    return f"{target.problem}: no client accepts this address, nothing was asked of the resolver"


async def speaks_plainly(target: Target, timeout_s: float) -> Phase:
    """After a failed hand-shake: whether the same peer answers to plain text."""
    return await _once_more(target, timeout_s, lambda opened: _plain(target, opened, timeout_s))


async def speaks_tls(target: Target, timeout_s: float) -> Phase:
    """After a silence: whether the same peer shakes hands for TLS, whoever vouches for it."""
    return await _once_more(
        target, timeout_s, lambda opened: opened.start_tls(postgres.unverified(), target.host, timeout_s)
    )


async def _plain(target: Target, opened: Wire, timeout_s: float) -> Phase:
    return (await _greet(target.model_copy(update={"tls_mode": "disable"}), opened, timeout_s))[-1]


async def _once_more(target: Target, timeout_s: float, ask: Callable[[Wire], Awaitable[Phase]]) -> Phase:
    """Ask on a connection of its own; the phase that ended it when there is none."""
    looked_up, addresses = await dns.resolve(target.host, target.port, timeout_s)
    if looked_up.error:
        return looked_up
    tcp, opened = await wire.connect(addresses, timeout_s)
    if opened is None:
        return tcp
    try:
        return await ask(opened)
    finally:
        await opened.close()


async def _talk(target: Target, tcp: Phase, opened: Wire, timeout_s: float) -> tuple[Phase, ...]:
    try:
        if target.kind == "tcp":
            return ()
        if target.kind == "postgres":
            return await postgres.converse(target, opened, timeout_s)
        greeted = await _greet(target, opened, timeout_s)
    finally:
        await opened.close()
    if any(phase.error for phase in greeted):
        return greeted
    logged_in = await _log_in(target, opened.address, timeout_s)
    reached = sum(phase.ms or 0.0 for phase in (tcp, *greeted))
    return (*greeted, *(_beyond(phase, reached) for phase in logged_in))


def _beyond(phase: Phase, reached_ms: float) -> Phase:
    """The log-in has a connection of its own, which reaches the first byte once more: that is not counted twice."""
    if phase.name != "auth" or phase.ms is None:
        return phase
    return phase.model_copy(update={"ms": round(max(0.0, phase.ms - reached_ms), 3)})


async def _greet(target: Target, opened: Wire, timeout_s: float) -> tuple[Phase, ...]:
    shaken: tuple[Phase, ...] = ()
    if target.tls:
        shaken = (await opened.start_tls(tls.context(target), target.host, timeout_s),)
        if shaken[0].error:
            return shaken
    first, byte = await opened.first_byte(_greeting(target), timeout_s)
    if byte == tls.ALERT and not target.tls:
        return (*shaken, first.model_copy(update={"ms": None, "error": "tls_expected"}))
    if target.kind == "redis" and byte == b"-":
        first = first.model_copy(update={"text": f"-{(await opened.more()).decode(errors='replace').strip()}"})
    return (*shaken, first)


def _greeting(target: Target) -> bytes:
    match target.kind:
        case "redis":
            return redis.PING
        case "clickhouse":
            return http.greeting(target, target.path + clickhouse.PING_PATH)
        case "llm":
            return http.greeting(target, target.path + llm.MODELS_PATH)
        case _:
            return http.greeting(target, target.path)


async def _log_in(target: Target, address: SockAddr, timeout_s: float) -> tuple[Phase, ...]:
    match target.kind:
        case "redis":
            return await redis.log_in(target, address, timeout_s)
        case "clickhouse":
            return await clickhouse.log_in(target, address, timeout_s)
        case "llm":
            return await llm.log_in(target, address, timeout_s)
        case "postgres" | "web" | "worker" | "tcp":
            return ()
