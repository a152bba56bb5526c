"""What goldenpath.toml may say, as frozen records; `goldenpath.manifest.parse` reads them with line numbers."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from goldenpath.facts import Record
from goldenpath.manifest.code import CodeSpec
from goldenpath.manifest.journeys import Journey
from goldenpath.manifest.names import Command, Name
from goldenpath.manifest.network import NetworkSpec, Share
from goldenpath.manifest.proofs import Invariant, ProofSources, Suite
from goldenpath.manifest.repairs import Permissions, Repair
from goldenpath.manifest.watch import WatchSpec

Kind = Literal["postgres", "redis", "clickhouse", "llm", "web", "worker", "tcp"]
"""`tcp` is any other server: reached, and not spoken to."""


class SystemInfo(Record):
    """`[system]`."""

    name: Name
    description: str = ""


class Contract(Record):
    """`[contract]`: the commands that describe the env contract and name a configuration."""

    schema_command: Command | None = None
    """Prints a JSON Schema of the process environment; `x-secret` marks secrets. Without one, and without a file, every
    variable of the environment is required and not empty."""
    schema_file: str = ""
    """That schema as a file of the project, for systems that print none."""
    fingerprint_command: Command | None = None
    """Prints the fingerprint of the environment it runs in; else goldenpath computes one."""
    environment_variable: str = "ENVIRONMENT"
    revision_variable: str
    """Where the deploy tells a process its revision."""


class Address(Record):
    """Which variables say where a component is and how to log in."""

    host: str = ""
    port: str = ""
    user: str = ""
    password: str = ""
    database: str = ""
    url: str = ""
    """The variable with the whole address, such as `redis://:password@host:6379/0`, which then says all of it."""
    tls: str = ""
    """The variable that says whether to encrypt: a PostgreSQL `sslmode`, or true or false."""
    model: str = ""


class Component(Record):
    """`[components.NAME]`: one node of the system."""

    kind: Kind
    lifetime: Literal["environment", "revision"]
    """Whether every revision shares it, or each revision has its own."""
    run: Command | None = None
    """Without one it is a server that somebody else runs: probed, and never started or stopped."""
    variables: dict[str, str] = Field(default_factory=dict[str, str])
    """Names under which this component alone gets variables of the environment: `{ PORT = "SHOP_PORT" }`."""
    required: bool = True
    """Whether the golden path needs it; an optional one may degrade."""
    address: Address | None = None
    replicas: int = Field(default=1, ge=1, le=16)
    folder: str = ""
    """Where it runs, below the project's folder."""
    ready_s: float = Field(default=30.0, gt=0)
    ready_line: str = ""
    """For a worker: a text that its log has once it works; else a line whose event or message is `ready`."""
    steady_s: float = Field(default=0.0, ge=0)
    """For a worker that never says so: it is taken for ready when it has lived this long; 0 waits for its word."""


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
    ready: str
    """Answers 200 while the component may take traffic."""
    health: str = ""
    """JSON with the state of the dependencies; empty when there is none, as below."""
    version: str = ""
    """JSON with the fields named below."""
    metrics: str = ""
    """Metrics in Prometheus' text format, compared with those of the last good state; empty when there are none."""
    metrics_token: str = ""
    """The variable that holds the token for them, if they want one."""
    revision_field: str = ""
    fingerprint_field: str = ""
    socket: str = ""
    revision_header: str = ""
    """The header by which every response names its revision; empty when there is none."""
    public: str = ""
    """The variable with the address that people use, held against the revision's own door; empty when there is none."""
    idle_s: float = Field(default=0.0, ge=0, le=30)
    """How long a silent socket must stay open at that address, tried at each look at what is live; 0: not tried."""


class Access(Record):
    """`[access]`: who must be let in at the door, and who must not; tried before a revision gets traffic."""

    journey: Name
    """The journey whose log-in gives a synthetic person a token."""
    path: str
    """Asked for with GET; it answers 2xx to a token and refuses everybody else."""
    variables: tuple[str, ...] = ()
    """Which variables decide whether a token is accepted."""
    origins: tuple[str, ...] = ()
    """Origins whose pages must be able to call and to open the socket."""
    origins_variable: str = ""
    """Where they are listed."""


class EnvironmentSpec(Record):
    """`[environments.NAME]`: a deploy target and the variables of its revisions."""

    target: Literal["local"]
    env_file: str = ""
    """A file of `NAME=VALUE` lines for what must not stand in the manifest: `{file:NAME}`."""
    variables: dict[str, str]
    """Filled in: `{port:COMPONENT}`, `{front}` (the port of the people's door), `{secret:LENGTH}` (random, kept for the
    environment), `{state}`, `{revision}`, `{variable:NAME}` (the value of another variable) and `{file:NAME}` (from
    `env_file`; not set if not there)."""
    migrate: Command | None = None
    pending: Command | None = None
    """Prints the names of migrations not yet applied, one a line; nothing when there are none."""


class Limits(Record):
    """`[limits]` of one loop."""

    cycles: int = Field(default=5, ge=1)
    seconds: float = Field(default=900.0, gt=0)
    tries: int = Field(default=12, ge=0)
    """Versions of the code that one search for a bad change may try; 0: none is searched for."""
    search_seconds: float = Field(default=300.0, gt=0)
    """After which a search tries no more."""


class Drilling(Record):
    """`[drills]`."""

    suite: str = ""
    """The suite that proves a revision during drills, usually a short one; empty for the first."""


class ArtefactSpec(Record):
    """`[artefact]`: the code that a revision carries, copied when it is prepared; else code stays where it is."""

    paths: Annotated[tuple[str, ...], Field(min_length=1)]
    """Files and folders of the project."""
    environ: dict[str, str] = Field(default_factory=dict[str, str])
    """What the revision's processes get besides their contract; `{artefact}` is the folder with the copy."""
    verify: Command | None = None
    """Compiles and imports the whole application; prints a JSON line for each `module` that cannot be, ends with 0 if
    none."""
    migrations: str = ""
    """The folder of `.sql` migrations among these paths, one file each, applied in order of their names."""


class System(Record):
    """The whole manifest."""

    system: SystemInfo
    contract: Contract
    components: dict[Name, Component]
    edges: tuple[Edge, ...] = ()
    doors: Doors
    journeys: dict[Name, Journey]
    access: Access | None = None
    proof: ProofSources = ProofSources()
    invariants: tuple[Invariant, ...] = ()
    suites: dict[Name, Suite] = Field(default_factory=dict[Name, Suite])
    environments: dict[Name, EnvironmentSpec]
    limits: Limits = Limits()
    watch: WatchSpec = WatchSpec()
    network: NetworkSpec = NetworkSpec()
    budgets: tuple[Share, ...] = ()
    drills: Drilling = Drilling()
    code: CodeSpec = CodeSpec()
    artefact: ArtefactSpec | None = None
    repairs: dict[Name, Repair] = Field(default_factory=dict[Name, Repair])
    remediation: Permissions = Permissions()

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for where, name in self.references():
            if name not in self.components:
                message = f"{where}: no component is named {name!r}"
                raise ValueError(message)
        if self.access and self.access.journey not in self.journeys:
            message = f"access.journey: no journey is named {self.access.journey!r}"
            raise ValueError(message)
        return self

    def references(self) -> tuple[tuple[str, str], ...]:
        """Every place that names a component: (dotted place, name)."""
        edges = [(f"edges.{i}.{side}", n) for i, e in enumerate(self.edges) for side, n in _sides(e)]
        needs = [(f"journeys.{j}.needs", n) for j, journey in self.journeys.items() for n in journey.needs]
        sources = (("proof.rows.component", self.proof.rows), ("proof.log.component", self.proof.log))
        proof = [(where, source.component) for where, source in sources if source]
        laws = [(f"invariants.{i}.component", law.component) for i, law in enumerate(self.invariants)]
        network = self.network
        reached = [
            (f"network.{k}.{n}", n) for k, t in (("reach", network.reach), ("subnets", network.subnets)) for n in t
        ]
        shares = [(f"budgets.{i}", n) for i, s in enumerate(self.budgets) for n in (s.component, s.of) if n]
        return (*edges, *needs, *proof, *laws, *reached, *shares, ("doors.component", self.doors.component))


def _sides(edge: Edge) -> tuple[tuple[str, str], tuple[str, str]]:
    return (("from", edge.source), ("to", edge.target))
