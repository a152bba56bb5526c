"""The shape of a cause in the catalogue, and of the judgement on one hypothesis."""

from collections.abc import Callable
from typing import Literal

from pydantic import Field, JsonValue

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.requests import ProbeKind
from goldenpath.facts import ObservationId, Record

FixKind = Literal["variable", "restart", "continue_process", "migrations", "roll_back", "none"]
Status = Literal["confirmed", "refuted", "open"]


class Site(Record):
    """Where a hypothesis says the state changed."""

    component: str
    nodes: tuple[str, ...]
    """Nodes of the dependency graph that hold the changed state."""
    edges: tuple[str, ...] = ()
    variable: str = ""
    journeys: tuple[str, ...] = ()


class Reading(Record):
    """What the evidence says of one prediction: seen, seen otherwise, or nothing."""

    state: Literal["seen", "against", "unknown"]
    observations: tuple[ObservationId, ...] = ()
    words: str = ""


Read = Callable[[Evidence, Site], Reading]


class Prediction(Record):
    """Something that must (or should) be observed if the hypothesis is true, and the probe that observes it."""

    states: str
    """In words, for the list of missing evidence."""
    read: Read
    probe: ProbeKind | None
    """None: no probe of ours observes it; a person has to look."""


class CauseRule(Record):
    """One entry of the catalogue: pure data and pure functions."""

    id: str
    claim: str
    """The hypothesis in a few words, as a rival that was refuted; `{component}` and `{variable}` are filled in."""
    names: Literal["cause", "rival"] = "cause"
    """A rival is a tempting explanation that none of our observations can prove: it stays open or is refuted."""
    places: Callable[[Evidence], tuple[Site, ...]]
    statement: Callable[[Evidence, Site], str]
    mechanism: str
    missing_control: str = ""
    must: tuple[Prediction, ...]
    should: tuple[Prediction, ...] = ()
    refuters: tuple[Prediction, ...] = ()
    """What cannot be seen if the hypothesis is true."""
    rivals: tuple[str, ...] = ()
    """The decoys: catalogue ids that people would blame instead."""
    still_answers: bool = False
    """Whether the component answers while this holds, if late: what is said of it then fits, or does not."""
    runs_end: bool = False
    """Whether runs come to an end while this holds: then a synthetic run is worth its time, to refute a decoy."""
    last_resort: bool = False
    """Named only for what nothing that says more explains."""
    prior: float = Field(default=0.5, ge=0, le=1)
    """How readily such a state comes about, before anything is seen of it: what people change comes first."""
    change: Read | None = None
    """What differs from the last good revision, as the last "why"; it also counts as something that should be seen."""
    is_effect: Callable[[Evidence, Site], bool]
    """Whether a cause upstream would explain this state; never for what no neighbour can bring about."""
    fix: FixKind = "none"
    detail: Callable[[Evidence, Site], dict[str, JsonValue]]


class Judged(Record):
    """A hypothesis after the evidence was heard."""

    rule: CauseRule
    site: Site
    status: Status
    supports: tuple[ObservationId, ...] = ()
    """What was predicted and seen."""
    seen: tuple[Reading, ...] = ()
    """The predictions that were seen, `must` first."""
    wanted: tuple[Prediction, ...] = ()
    """Predictions nobody has measured yet."""
    hints: tuple[Reading, ...] = ()
    """Predictions nobody has measured, for which somebody's word speaks."""
    refutation: Reading | None = None
    firm: bool = False
    """Confirmed, and at least one of the things that should be seen was seen too."""

    @property
    def seen_in(self) -> tuple[ObservationId, ...]:
        """The observations that speak for it, whatever its status."""
        return tuple(dict.fromkeys(i for reading in self.seen for i in reading.observations))


def always(evidence: Evidence, site: Site) -> bool:
    """Anything upstream explains it."""
    del evidence, site
    return True


def never(evidence: Evidence, site: Site) -> bool:
    """Nothing upstream explains it."""
    del evidence, site
    return False
