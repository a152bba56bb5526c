"""A system on paper and a notebook that writes observations of it as the probes do, well or with one thing wrong."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypedDict, Unpack

from pydantic import JsonValue

from goldenpath.facts import Cause, Diagnosis, Observation
from goldenpath.manifest.model import System
from goldenpath.manifest.parse import parse

MANIFEST = """
[system]
name = "desk"

[contract]
schema_command = ["desk", "schema"]
fingerprint_command = ["desk", "fingerprint"]
revision_variable = "DESK_REVISION"

[components.postgres]
kind = "postgres"
lifetime = "environment"
run = ["postgres"]
address = { host = "PG_HOST", port = "PG_PORT", user = "PG_USER", password = "PG_PASSWORD", database = "PG_DB" }

[components.redis]
kind = "redis"
lifetime = "environment"
run = ["valkey-server"]
address = { host = "REDIS_HOST", port = "REDIS_PORT", password = "REDIS_PASSWORD" }

[components.clickhouse]
kind = "clickhouse"
lifetime = "environment"
required = false
run = ["clickhouse"]
address = { host = "CH_HOST", port = "CH_PORT", user = "CH_USER", password = "CH_PASSWORD", database = "CH_DB" }

[components.llm]
kind = "llm"
lifetime = "environment"
run = ["model"]
address = { host = "", port = "", url = "LLM_URL", password = "LLM_KEY", model = "LLM_MODEL" }

[components.web]
kind = "web"
lifetime = "revision"
run = ["desk", "web"]
address = { host = "WEB_HOST", port = "WEB_PORT" }

[components.worker]
kind = "worker"
lifetime = "revision"
run = ["desk", "worker"]
replicas = 2

[[edges]]
from = "web"
to = "postgres"

[[edges]]
from = "web"
to = "redis"

[[edges]]
from = "worker"
to = "postgres"

[[edges]]
from = "worker"
to = "redis"

[[edges]]
from = "worker"
to = "clickhouse"

[[edges]]
from = "worker"
to = "llm"

[doors]
component = "web"
health = "/api/health"
ready = "/health/ready"
version = "/api/version"
revision_field = "revision"
fingerprint_field = "fingerprint"
socket = "/ws"

[journeys.chat]
title = "Ask and watch the answer arrive"
value = "All of it"
owner = "runs"
needs = ["web", "worker", "postgres", "redis", "llm"]

[journeys.chat.conversation]
ready = { type = "ready" }
send = { type = "user_message", content = "{nonce}" }
until = [{ type = "agent_completed", "data.final" = true }]
failure = [{ type = "agent_failed" }]
reason_field = "data.reason"
component_field = "data.component"
expect = ["agent_started", "agent_completed"]
first_of_agent = "agent_started"

[proof.rows]
component = "postgres"
sql = "select 1"

[proof.log]
component = "web"
field = "request_id"

[suites.e2e]
path = "e2e"

[environments.local]
target = "local"
migrate = ["desk", "migrate"]

[environments.local.variables]
PG_HOST = "127.0.0.1"
"""
SYSTEM: System = parse(MANIFEST)
EDGES = ("web->postgres", "web->redis", "worker->postgres", "worker->redis", "worker->clickhouse", "worker->llm")
PHASES = ("dns", "tcp", "tls", "first_byte", "auth", "query")
PROCESSES = ("postgres", "redis", "clickhouse", "llm", "web", "worker#0", "worker#1")
CONNECT_BUDGET = 1000.0
QUERY_BUDGET = 500.0
REVISION = "r2"
GOOD = "r1"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class How(TypedDict, total=False):
    """How an edge is; without any of these it is well."""

    fails: tuple[str, str] | None
    """The phase that fails, and how."""
    ms: Mapping[str, float]
    literal: bool
    stripped: str
    samples: Iterable[float]


class Notebook:
    """Writes observations in order, one second apart for each probe."""

    def __init__(self) -> None:
        self.observations: list[Observation] = []
        self._at = BEGIN

    def note(self, subject: str, name: str, value: JsonValue, *, probe: str = "", revision: str | None = None) -> str:
        number = len(self.observations) + 1
        if revision is None:
            revision = "" if subject in {"postgres", "redis", "clickhouse", "llm"} else REVISION
        self.observations.append(
            Observation(
                id=f"o{number}",
                at=self._at,
                probe=probe or name.partition(".")[0],
                subject=subject,
                revision=revision,
                name=name,
                value=value,
            )
        )
        return f"o{number}"

    def tick(self) -> None:
        self._at += timedelta(seconds=1)

    def edge(self, edge: str, *, at: str = "", **how: Unpack[How]) -> None:
        """One edge as its probe notes it: phases in order, up to and with the one that fails."""
        self.tick()
        subject = f"{edge}@{at}" if at else edge
        fails, literal = how.get("fails"), how.get("literal", True)
        times = {"tcp": 0.2, "first_byte": 0.4, "auth": 3.0, "query": 0.9, **how.get("ms", {})}
        if not literal:
            times = {"dns": 1.0, **times}
        self.note(subject, "address", "'127.0.0.1:1'", probe="edge")
        self.note(subject, "address.literal", literal, probe="edge")
        reached = PHASES.index(fails[0]) if fails else len(PHASES)
        for phase in PHASES[:reached]:
            if phase in times:
                self.note(subject, f"{phase}.ms", times[phase], probe="edge")
        if fails:
            self.note(subject, f"{fails[0]}.error", fails[1], probe="edge")
        else:
            self._budgets(subject, times)
        if stripped := how.get("stripped"):
            self.note(subject, "dns.stripped", stripped, probe="edge")
        if samples := how.get("samples"):
            self.note(subject, "connect.samples", [*samples], probe="edge")

    def _budgets(self, subject: str, times: Mapping[str, float]) -> None:
        spent = {"connect": sum(v for p, v in times.items() if p != "query"), "query": times["query"]}
        for phase, allowed in (("connect", CONNECT_BUDGET), ("query", QUERY_BUDGET)):
            if spent[phase] > allowed:
                value: JsonValue = {"phase": phase, "ms": spent[phase], "budget_ms": allowed}
                self.note(subject, "budget.exceeded", value, probe="edge")

    def process(self, subject: str, state: str = "running", *, code: int | None = None, listening: bool = True) -> None:
        self.tick()
        self.note(subject, "process.state", state)
        self.note(subject, "process.pid", 4000 + PROCESSES.index(subject))
        if code is not None:
            self.note(subject, "process.exit_code", code)
        if not subject.startswith("worker"):
            self.note(subject, "process.listening", listening)

    def env(self, *violations: tuple[str, str], changed: Mapping[str, str] | None = None) -> None:
        """The contract's verdict and what changed: (variable, rule), and change by variable."""
        self.tick()
        for variable, rule in violations:
            value: JsonValue = {"variable": variable, "rule": rule, "message": f"is {rule}"}
            self.note("revision", "env.violation", value)
        for variable, change in (changed or {}).items():
            self.note("revision", "env.changed", {"variable": variable, "change": change, "secret": False})
        if not changed:
            self.note("revision", "env.unchanged", value=True)
        if not violations:
            self.note("revision", "env.ok", value=True)

    def value(self, variable: str, text: str) -> None:
        shown: JsonValue = {"variable": variable, "shown": repr(text), "length": len(text)}
        self.note("revision", "env.value", shown)

    def health(self, status: str = "healthy", **dependencies: tuple[str, str, float]) -> None:
        """What the system says of itself: (status, error, ms) by dependency."""
        self.tick()
        self.note("web", "expected.revision", REVISION, probe="deploy")
        self.note("web", "version.revision", REVISION, probe="health")
        self.note("web", "health.status", status)
        for name, (how, error, ms) in dependencies.items():
            self.note("web", "health.dependency", {"name": name, "status": how, "error": error, "ms": ms})

    def journey(
        self, terminal: JsonValue = None, types: Iterable[str] = ("agent_started",), missing: Iterable[str] = ()
    ) -> None:
        """A synthetic run; without a terminal frame it had not ended at its deadline."""
        self.tick()
        said: dict[str, JsonValue] = {
            "login.status": 201,
            "socket.status": 101,
            "socket.ready": True,
            "run.accepted": True,
            "run.types": [*types],
            "run.terminal": terminal,
            "run.breaches": [],
            "run.missing": [*missing],
        }
        for name, value in said.items():
            self.note("journey:chat", name, value, probe="journey")

    def test(self, name: str, outcome: str = "passed", message: str = "") -> None:
        self.tick()
        self.note(f"test:{name}", "test.outcome", outcome)
        if message:
            self.note(f"test:{name}", "test.message", message)

    def healthy(self, *without: str) -> None:
        """Everything as it should be, except these edges, processes and parts, which the case writes itself."""
        for subject in PROCESSES:
            if subject not in without:
                self.process(subject)
        for edge in EDGES:
            if edge not in without:
                self.edge(edge)
        if "env" not in without:
            self.env()
        if "health" not in without:
            self.health(postgres=("healthy", "", 4.0), valkey=("healthy", "", 2.0), worker=("healthy", "", 1.0))
        if "schema" not in without:
            self.note("schema", "schema.pending", [])
        if "journey" not in without:
            self.journey(DONE, types=("agent_started", "agent_completed"))


DONE: JsonValue = {"type": "agent_completed", "reason": "", "component": "", "message": ""}


def failed(reason: str, component: str = "") -> JsonValue:
    """The last frame of a run that failed."""
    return {"type": "agent_failed", "reason": reason, "component": component, "message": ""}


def named(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    """Cause and component, as the diagnosis names them."""
    return [(cause.id, cause.component) for cause in diagnosis.causes]


def rivals_in(cause: Cause) -> dict[str, tuple[str, ...]]:
    """The rivals of a cause with what refuted each."""
    return {rival.cause: rival.refuted_by for link in cause.chain for rival in link.rivals}
