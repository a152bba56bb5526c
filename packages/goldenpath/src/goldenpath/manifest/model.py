"""What goldenpath.toml may say, as frozen records; `goldenpath.manifest.parse` reads them with line numbers."""

from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from goldenpath.facts import Permission, Record

Kind = Literal["postgres", "redis", "clickhouse", "llm", "web", "worker"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
Command = Annotated[tuple[str, ...], Field(min_length=1)]
"""A command line; `{state}`, `{revision}`, `{environment}` and `{port:COMPONENT}` are filled in."""


class SystemInfo(Record):
    """`[system]`."""

    name: Name
    description: str = ""


class Contract(Record):
    """`[contract]`: the commands that describe the env contract and name a configuration."""

    schema_command: Command
    """Prints a JSON Schema of the process environment; `x-secret` marks secrets."""
    fingerprint_command: Command
    """Prints the fingerprint of the environment it runs in."""
    environment_variable: str = "ENVIRONMENT"
    revision_variable: str
    """Where the deploy tells a process its revision."""


class Address(Record):
    """Which variables say where a component is and how to log in."""

    host: str
    port: str
    user: str = ""
    password: str = ""
    database: str = ""
    url: str = ""
    """For an LLM: the variable with the base address; host and port are then taken from it."""
    model: str = ""


class Component(Record):
    """`[components.NAME]`: one node of the system."""

    kind: Kind
    lifetime: Literal["environment", "revision"]
    """Whether every revision shares it, or each revision has its own."""
    run: Command
    required: bool = True
    """Whether the golden path needs it; an optional one may degrade."""
    address: Address | None = None
    replicas: int = Field(default=1, ge=1, le=16)
    ready_s: float = Field(default=30.0, gt=0)


class Edge(Record):
    """`[[edges]]`: one dependency and its budgets in milliseconds."""

    source: Name = Field(alias="from")
    target: Name = Field(alias="to")
    connect_ms: float = Field(default=1000.0, gt=0)
    """DNS, TCP, TLS, first byte and log-in together."""
    query_ms: float = Field(default=500.0, gt=0)


class Doors(Record):
    """`[doors]`: paths of the web component's HTTP and WebSocket doors."""

    component: Name
    health: str
    ready: str
    version: str
    """JSON with the fields named below."""
    revision_field: str
    fingerprint_field: str
    socket: str
    revision_header: str = ""
    """The header by which every response names its revision; empty when there is none."""


class Login(Record):
    """How a synthetic person gets a token: one POST; `{nonce}` and `{secret}` are filled in."""

    path: str
    body: dict[str, JsonValue]
    token_field: str


class Conversation(Record):
    """How a synthetic person asks on the socket, and what a lawful answer is; fields are dotted paths of a frame."""

    ready: dict[str, JsonValue]
    """The first frame must match."""
    send: dict[str, JsonValue]
    until: tuple[dict[str, JsonValue], ...]
    """Frames that end the run well."""
    failure: tuple[dict[str, JsonValue], ...]
    """Frames that end the run badly."""
    reason_field: str
    component_field: str
    type_field: str = "type"
    seq_field: str = "seq"
    run_field: str = "run_id"
    agent_field: str = "agent"
    run_agent: str = "run"
    """The `agent` of facts about the run itself, which no agent has to start."""
    expect: tuple[str, ...]
    """Types that must occur."""
    first_of_agent: str
    pairs: tuple[tuple[str, str, str], ...] = ()
    """(opening type, closing type, id field)."""
    deadline_s: float = Field(default=30.0, gt=0)


class Journey(Record):
    """`[journeys.NAME]`: a user path, what it is worth and what it needs."""

    title: str
    value: str
    """What is lost while it fails, in the owner's words."""
    owner: str
    needs: tuple[Name, ...]
    login: Login | None = None
    conversation: Conversation | None = None
    """Journeys with a conversation are run as synthetic runs by the gate."""


class RowsProof(Record):
    """Where an independent reader finds a test's nonce as a row; `$1` is the nonce."""

    component: Name
    sql: str


class LogProof(Record):
    """Which field of which component's JSON log carries a test's nonce."""

    component: Name
    field: str


class ProofSources(Record):
    """`[proof]`."""

    rows: RowsProof
    log: LogProof


class Invariant(Record):
    """`[[invariants]]`: a query of an independent reader that finds nothing while a law of the system holds."""

    name: Name
    statement: str
    """The law, in words."""
    component: Name
    sql: str
    """Returns one row for each breach."""


class Suite(Record):
    """`[suites.NAME]`: where tests are; markers in them carry priority, journey and category."""

    path: str
    sources: tuple[str, ...] = ()
    """Globs of source files whose change selects this suite."""
    workers: int = Field(default=2, ge=1, le=16)
    timeout_s: float = Field(default=300.0, gt=0)


class EnvironmentSpec(Record):
    """`[environments.NAME]`: a deploy target and the variables of its revisions."""

    target: Literal["local"]
    variables: dict[str, str]
    """Filled in: `{port:COMPONENT}`, `{secret:LENGTH}` (random, kept for the environment), `{state}`, `{revision}`."""
    migrate: Command | None = None
    pending: Command | None = None
    """Prints the names of migrations not yet applied, one a line; nothing when there are none."""


class Limits(Record):
    """`[limits]` of one loop."""

    cycles: int = Field(default=5, ge=1)
    seconds: float = Field(default=900.0, gt=0)


class Permissions(Record):
    """`[remediation]`: what the loop may do by itself, by kind of action."""

    set_variable: Permission = "ask"
    restore_variable: Permission = "auto"
    strip_variable: Permission = "auto"
    restart: Permission = "auto"
    continue_process: Permission = "auto"
    run_migrations: Permission = "auto"
    roll_back: Permission = "auto"


class System(Record):
    """The whole manifest."""

    system: SystemInfo
    contract: Contract
    components: dict[Name, Component]
    edges: tuple[Edge, ...]
    doors: Doors
    journeys: dict[Name, Journey]
    proof: ProofSources
    invariants: tuple[Invariant, ...] = ()
    suites: dict[Name, Suite]
    environments: dict[Name, EnvironmentSpec]
    limits: Limits = Limits()
    remediation: Permissions = Permissions()

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for where, name in self.references():
            if name not in self.components:
                message = f"{where}: no component is named {name!r}"
                raise ValueError(message)
        return self

    def references(self) -> tuple[tuple[str, str], ...]:
        """Every place that names a component: (dotted place, name)."""
        edges = [(f"edges.{i}.{side}", n) for i, e in enumerate(self.edges) for side, n in _sides(e)]
        needs = [(f"journeys.{j}.needs", n) for j, journey in self.journeys.items() for n in journey.needs]
        proof = [("proof.rows.component", self.proof.rows.component), ("proof.log.component", self.proof.log.component)]
        laws = [(f"invariants.{i}.component", law.component) for i, law in enumerate(self.invariants)]
        return (*edges, *needs, *proof, *laws, ("doors.component", self.doors.component))


def _sides(edge: Edge) -> tuple[tuple[str, str], tuple[str, str]]:
    return (("from", edge.source), ("to", edge.target))
