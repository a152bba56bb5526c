"""What a benchmark measures, as frozen records: one JSON line each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

Door = Literal["ws", "sse"]
Place = Literal["queue", "model call", "query"]
When = Literal["idle", "after load"]
MS = 1000


class Figure(BaseModel):
    """One line of the result."""

    model_config = ConfigDict(frozen=True)


class Options(Figure):
    """What is measured, and how often."""

    clients: tuple[int, ...] = (1, 16)
    """Clients at once, one load after the other."""
    runs: tuple[int, ...] = (40, 160)
    """Runs in all, for each number of clients."""
    sockets: int = 5000
    """Idle sockets held open to see what one costs."""
    starts: int = 3
    """How often each start is timed; the median counts."""
    subjects: tuple[str, ...] = (
        *("scripted", "paced", "builtin", "http"),
        *("workers", "log", "steady", "active", "take-over", "cancel"),
    )
    steady: float = 60.0
    """Seconds of steady load."""
    llm: bool = True
    """Time the starts with the small language model too."""
    peers: Path | None = None
    peers_work: Path | None = None


class Machine(Figure):
    """Where and when, first of all lines."""

    type: Literal["machine"] = "machine"
    at: str
    cpus: int
    cpu: str
    memory_gib: float
    python: str
    load_average: float
    """Over the last minute, before anything was started; far above 0 the figures below are not worth much."""


class Start(Figure):
    """Seconds until something serves."""

    type: Literal["start"] = "start"
    what: str
    state: Literal["cold", "warm"]
    """cold: an empty state folder; warm: the same folder again. The files of the programs are cached in both."""
    seconds: tuple[float, ...]
    median_s: float


class Latency(Figure):
    """Milliseconds after the message was sent."""

    p50: float
    p99: float | None = None
    """None where a peer's own client does not report it."""


class Load(Figure):
    """One load on one server."""

    type: Literal["load"] = "load"
    subject: str
    durable: bool
    door: str
    clients: int
    runs: int
    errors: int
    runs_per_s: float
    first_event_ms: Latency
    started_ms: Latency | None = None
    """Until an agent has started: the first event that the worker caused."""
    first_text_ms: Latency
    run_ms: Latency
    events_per_run: float
    text_events_per_run: float
    cpu_ms_per_run: Mapping[str, float]
    """By process; `server` is what carries the agents: web and worker, or the peer's one process."""


class Memory(Figure):
    """Proportional set size in MiB, by process."""

    type: Literal["memory"] = "memory"
    subject: str
    when: When
    pss_mib: Mapping[str, float]


class Sockets(Figure):
    """What an idle, authenticated socket costs the web process."""

    type: Literal["sockets"] = "sockets"
    sockets: int
    kib_per_socket: float


class Disturbance(Figure):
    """How much of all cores other programs used meanwhile; without it the times below mean little."""

    type: Literal["disturbance"] = "disturbance"
    during: str
    share: float


class Ratio(Figure):
    """One figure of ours over one of a peer, for the same script; above 1 is more."""

    type: Literal["ratio"] = "ratio"
    ours: str
    peer: str
    peer_durable: bool
    clients: int
    runs_per_s: float
    first_event_p50: float
    first_text_p50: float
    server_cpu_per_run: float


class Scaling(Figure):
    """Runs a second by number of workers, when every slot waits for a slow model."""

    type: Literal["scaling"] = "scaling"
    slots: int
    """Of each worker."""
    runs_per_s: Mapping[int, float]
    cores_used: Mapping[int, float]
    """By all processes together: as long as it is far below the machine's, slots are the limit; then it is this."""
    factor: float
    """Two workers over one."""


class LogSpeed(Figure):
    """How fast the log takes events; each append is a commit, and is published."""

    type: Literal["log"] = "log"
    runs: int
    events_per_append: int
    events_per_s: int
    cpu_ms_per_event: Mapping[str, float]


class Steady(Figure):
    """A while of steady load; a slope of minutes says less than one of hours."""

    type: Literal["steady"] = "steady"
    seconds: float
    runs: int
    first_mib: Mapping[str, float]
    last_mib: Mapping[str, float]
    mib_per_h: Mapping[str, float]
    """Slope of the proportional set size after the first third."""


class Active(Figure):
    """What a run costs in memory while it is executed and followed over a socket."""

    type: Literal["active"] = "active"
    runs: int
    kib_per_run: Mapping[str, float]


class TakeOver(Figure):
    """Seconds from the kill of the worker that holds a run to the run's next event, which another wrote."""

    type: Literal["take_over"] = "take_over"
    passed: bool
    """Whether nothing was lost, doubled, reordered, repeated or stuck meanwhile."""
    runs: int
    count: int
    median_s: float | None
    max_s: float | None


class Cancelled(Figure):
    """From the request to cancel a run to its last event at its reader."""

    type: Literal["cancelled"] = "cancelled"
    place: Place
    """Where the run is."""
    runs: int
    p50_ms: float
    max_ms: float


class Missing(Figure):
    """Something that was asked for and could not be measured."""

    type: Literal["missing"] = "missing"
    what: str
    why: str


def latency(seconds: Sequence[float]) -> Latency:
    """Median and 99th percentile of times in seconds."""
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return Latency(p50=_ms(ordered[len(ordered) // 2]), p99=_ms(ordered[min(last, int(len(ordered) * 0.99))]))


def _ms(seconds: float) -> float:
    return round(seconds * MS, 1)
