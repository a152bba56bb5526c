"""The words of the supervisor's control door: one JSON line asks, one JSON line answers.

Standard library only, like everything the supervisor imports: it must be up in a moment and small for days.
"""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, cast

SECRET_FIELD = "token"  # noqa: S105 - the name of the field, not a token
MAX_LINE = 16 * 1024 * 1024
"""Bytes of one request; every child's whole environment is in it."""


@dataclass(frozen=True, kw_only=True)
class ChildSpec:
    """One process to start."""

    component: str
    replica: int
    revision: str
    """Empty for what every revision shares."""
    command: tuple[str, ...]
    environ: dict[str, str]
    cwd: str
    log: str
    stop_signal: int


@dataclass(frozen=True, kw_only=True)
class ChildInfo:
    """How one child is."""

    component: str
    replica: int
    revision: str
    pid: int
    start_ticks: int
    """With the pid, names one process for good."""
    started_at: str
    exit_code: int | None
    ready: bool
    """Whether somebody has found it ready."""
    frozen: bool
    log: str


@dataclass(frozen=True, kw_only=True)
class Status:
    """Ask only how things are."""

    type: Literal["status"] = "status"


@dataclass(frozen=True, kw_only=True)
class Start:
    """Start these; one that stands already under the same name is an error."""

    children: tuple[ChildSpec, ...]
    type: Literal["start"] = "start"


@dataclass(frozen=True, kw_only=True)
class Ready:
    """Note that the processes of this component have been found ready."""

    revision: str
    component: str
    type: Literal["ready"] = "ready"


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Stop the processes of a revision (empty: the shared ones), of one component or of all."""

    revision: str
    component: str = ""
    type: Literal["stop"] = "stop"


@dataclass(frozen=True, kw_only=True)
class Restart:
    """Stop the processes of one component and start the same again."""

    revision: str
    component: str
    type: Literal["restart"] = "restart"


@dataclass(frozen=True, kw_only=True)
class Send:
    """Send a signal to a process of a component; to its first process means to all of them."""

    component: str
    pid: int
    number: int
    type: Literal["send"] = "send"


@dataclass(frozen=True, kw_only=True)
class Forward:
    """Lead the front port to this revision's port; what was there before drains, then its processes stop."""

    front: int
    revision: str
    host: str
    port: int
    drain_s: float
    type: Literal["forward"] = "forward"


@dataclass(frozen=True, kw_only=True)
class Down:
    """Stop everything, yourself last."""

    type: Literal["down"] = "down"


Request = Status | Start | Ready | Stop | Restart | Send | Forward | Down


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the supervisor says."""

    error: str = ""
    children: tuple[ChildInfo, ...] = ()
    front_port: int = 0
    front_revision: str = ""
    pid: int = 0


_REQUESTS: dict[str, type[Request]] = {
    "status": Status,
    "start": Start,
    "ready": Ready,
    "stop": Stop,
    "restart": Restart,
    "send": Send,
    "forward": Forward,
    "down": Down,
}


def encode_request(request: Request, token: str) -> bytes:
    """The line of a request."""
    return json.dumps({**asdict(request), SECRET_FIELD: token}).encode() + b"\n"


def decode_request(line: bytes) -> tuple[Request, str]:
    """Request and token; raises ValueError, KeyError or TypeError for anything else."""
    fields = cast("dict[str, Any]", json.loads(line))
    token = str(fields.pop(SECRET_FIELD))
    request = _REQUESTS[fields["type"]](**fields)
    if isinstance(request, Start):
        raw = cast("list[dict[str, Any]]", fields["children"])
        request = replace(request, children=tuple(_spec(child) for child in raw))
    return request, token


def encode_answer(answer: Answer) -> bytes:
    """The line of an answer."""
    return json.dumps(asdict(answer)).encode() + b"\n"


def decode_answer(line: bytes) -> Answer:
    """The answer in this line."""
    fields = cast("dict[str, Any]", json.loads(line))
    raw = cast("list[dict[str, Any]]", fields.pop("children"))
    return Answer(**fields, children=tuple(ChildInfo(**child) for child in raw))


def _spec(fields: dict[str, Any]) -> ChildSpec:
    command = tuple(cast("list[str]", fields.pop("command")))
    return ChildSpec(command=command, **fields)
