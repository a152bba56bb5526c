"""The result as Markdown tables."""

from collections.abc import Iterable, Sequence

from records import (
    Active,
    Cancelled,
    Disturbance,
    Figure,
    Load,
    LogSpeed,
    Memory,
    Missing,
    Ratio,
    Scaling,
    Sockets,
    Start,
    Steady,
    TakeOver,
)
from servers import AGAIN, DATABASES, PACED, SAME_PACE, SAME_WORK, SUBJECTS


def tables(figures: Sequence[Figure]) -> str:
    """Every table that has rows."""
    parts = (_starts(figures), _loads(figures), _ratios(figures), _memory(figures), _rest(figures))
    return "\n\n".join(part for part in parts if part)


def ratios(figures: Sequence[Figure]) -> list[Ratio]:
    """Our loads over the peers', where work, pace and number of clients are the same."""
    loads = [figure for figure in figures if isinstance(figure, Load)]
    same = {SUBJECTS[name].name for name in (SAME_WORK, SAME_PACE, AGAIN)}
    ours = [load for load in loads if load.subject in same and load.door == "ws"]
    peers = [load for load in loads if "worker" not in load.cpu_ms_per_run]
    return [_ratio(load, peer) for load in ours for peer in peers if _comparable(load, peer)]


def _comparable(ours: Load, peer: Load) -> bool:
    return ours.clients == peer.clients and (PACED in ours.subject) == (PACED in peer.subject)


def _ratio(ours: Load, peer: Load) -> Ratio:
    return Ratio(
        ours=ours.subject,
        peer=peer.subject,
        peer_durable=peer.durable,
        clients=ours.clients,
        runs_per_s=_over(ours.runs_per_s, peer.runs_per_s),
        first_event_p50=_over(ours.first_event_ms.p50, peer.first_event_ms.p50),
        first_text_p50=_over(ours.first_text_ms.p50, peer.first_text_ms.p50),
        server_cpu_per_run=_over(ours.cpu_ms_per_run["server"], peer.cpu_ms_per_run["server"]),
    )


def _over(ours: float, peer: float) -> float:
    return round(ours / peer, 2) if peer else 0.0


def _starts(figures: Sequence[Figure]) -> str:
    rows = [
        (start.what, start.state, f"{start.median_s:.2f}", " ".join(f"{second:.2f}" for second in start.seconds))
        for start in figures
        if isinstance(start, Start)
    ]
    return _table(("start", "state", "median s", "each s"), rows)


def _loads(figures: Sequence[Figure]) -> str:
    head = ("server", "durable", "door", "clients", "runs/s", "first event p50 / p99 ms", "agent started p50 / p99 ms")
    head += ("first text p50 / p99 ms", "run p50 / p99 ms", "events (text) a run", "server CPU ms/run")
    head += ("databases CPU ms/run", "errors")
    return _table(head, [_load(load) for load in figures if isinstance(load, Load)])


def _load(load: Load) -> tuple[str, ...]:
    cpu = load.cpu_ms_per_run
    parts = f" (web {cpu['web']}, worker {cpu['worker']})" if "worker" in cpu else ""
    databases = " + ".join(f"{cpu[name]}" for name in DATABASES if name in cpu)
    waits = (load.first_event_ms, load.started_ms, load.first_text_ms, load.run_ms)
    return (
        load.subject,
        "yes" if load.durable else "no",
        load.door,
        str(load.clients),
        str(load.runs_per_s),
        *(f"{wait.p50} / {'-' if wait.p99 is None else wait.p99}" if wait else "-" for wait in waits),
        f"{load.events_per_run} ({load.text_events_per_run})",
        f"{cpu['server']}{parts}",
        databases or "not measured",
        str(load.errors),
    )


def _ratios(figures: Sequence[Figure]) -> str:
    head = ("ours / peer", "peer durable", "clients", "runs/s", "first event p50", "first text p50", "server CPU/run")
    rows = [
        (
            f"{ratio.ours} / {ratio.peer}",
            "yes" if ratio.peer_durable else "no: not the same promise",
            str(ratio.clients),
            *(f"{n}x" for n in (ratio.runs_per_s, ratio.first_event_p50, ratio.first_text_p50)),
            f"{ratio.server_cpu_per_run}x",
        )
        for ratio in figures
        if isinstance(ratio, Ratio)
    ]
    return _table(head, rows)


def _memory(figures: Sequence[Figure]) -> str:
    rows = [
        (memory.subject, memory.when, ", ".join(f"{name} {mib}" for name, mib in memory.pss_mib.items()))
        for memory in figures
        if isinstance(memory, Memory)
    ]
    return _table(("memory", "when", "PSS MiB"), rows)


def _rest(figures: Sequence[Figure]) -> str:
    lines: list[str] = []
    for figure in figures:
        match figure:
            case Sockets():
                lines.append(f"{figure.sockets} idle sockets: {figure.kib_per_socket} KiB each in the web process")
            case Disturbance():
                lines.append(f"other programs used {figure.share:.0%} of all cores during {figure.during}")
            case Scaling():
                rates = ", ".join(f"{workers}: {rate}" for workers, rate in figure.runs_per_s.items())
                cores = ", ".join(f"{workers}: {used}" for workers, used in figure.cores_used.items())
                lines.append(
                    f"runs/s by workers of {figure.slots} slots: {rates} ({figure.factor}x); cores used: {cores}"
                )
            case LogSpeed():
                cpu = ", ".join(f"{name} {ms}" for name, ms in figure.cpu_ms_per_event.items())
                lines.append(
                    f"log of {figure.runs} runs, {figure.events_per_append} event(s) an append: "
                    f"{figure.events_per_s} events/s; CPU ms an event: {cpu}"
                )
            case Steady():
                grown = ", ".join(f"{name} {mib}" for name, mib in figure.mib_per_h.items())
                lines.append(f"{figure.seconds:g} s of steady load, {figure.runs} runs: MiB an hour: {grown}")
            case Active():
                kib = ", ".join(f"{name} {size}" for name, size in figure.kib_per_run.items())
                lines.append(f"{figure.runs} active runs: KiB a run: {kib}")
            case TakeOver():
                lines.append(f"take-over of {figure.count} runs: median {figure.median_s} s, most {figure.max_s} s")
            case Cancelled():
                times = f"p50 {figure.p50_ms:.0f} ms, most {figure.max_ms:.0f} ms"
                lines.append(f"cancel in a {figure.place}, {figure.runs} runs: {times}")
            case Missing():
                lines.append(f"not measured: {figure.what}: {figure.why}")
            case _:
                pass
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *body]) if body else ""
