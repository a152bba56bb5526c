"""States that only the inside of a system shows: each stays open until somebody has looked there."""

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import LLM, door, edges, journeys, with_nothing
from goldenpath.diagnosis.readers import edge, journey, settings, waits
from goldenpath.diagnosis.readers.combine import either, never_observed
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always, never

SELDOM = 0.2
_is_constant = either(waits.connect_is_constant, waits.reports_are_constant)
_SILENT = Prediction(states="how the run ended", read=journey.run_is_silent, probe="journey")


def _torn(evidence: Evidence, site: Site) -> str:
    words = settings.readers_disagree(evidence, site).words
    return f"two readers of the configuration of {site.component} disagree: {words}"


def _cut_off(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"the start of {site.component} was cut off by a limit of its own and left parts unmade"


def _second(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"the first address of {site.component} does not answer and the second does"


def _waits(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"the run at {site.component} waits for a dependency"


def _blocked(evidence: Evidence, site: Site) -> str:
    del evidence
    return f"the event loop of {site.component} is blocked while a run lasts"


RULES = (
    CauseRule(
        id="readers_disagree",
        claim="two readers of the configuration of {component} disagree",
        places=door,
        statement=_torn,
        mechanism="one part of {component} works with a setting that another part does not find",
        missing_control="one place reads the environment, and a check finds every other reader",
        must=(
            Prediction(
                states="each reader's variable and source, from inside the revision",
                read=settings.readers_disagree,
                probe=None,
            ),
        ),
        prior=SELDOM,
        is_effect=never,
        detail=with_nothing,
    ),
    CauseRule(
        id="start_cut_off",
        claim="the start of {component} was cut off",
        names="rival",
        places=door,
        statement=_cut_off,
        mechanism="what was not made in time is missing for as long as the process runs",
        must=(
            Prediction(states="what the serving process has made by now, from inside", read=never_observed, probe=None),
        ),
        prior=SELDOM,
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="second_address",
        claim="the first address of {component} is silent",
        names="rival",
        places=edges(without=LLM),
        statement=_second,
        mechanism="each connect waits for the limit of the first address before it tries the second",
        must=(
            Prediction(states="whether the wait is constant", read=_is_constant, probe="edge_samples"),
            Prediction(states="each address of the name, connected to alone", read=never_observed, probe=None),
        ),
        refuters=(
            Prediction(
                states="whether the host is a literal, which has one address",
                read=edge.address_is_literal,
                probe="edge",
            ),
        ),
        prior=SELDOM,
        still_answers=True,
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="run_waits",
        claim="the run waits for a dependency",
        names="rival",
        places=journeys,
        statement=_waits,
        mechanism="a wait inside the run lasts longer than people do",
        must=(_SILENT, Prediction(states="the spans of the run by dependency", read=never_observed, probe=None)),
        prior=SELDOM,
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="loop_blocked",
        claim="the event loop of {component} is blocked",
        names="rival",
        places=journeys,
        statement=_blocked,
        mechanism="while one run computes, nothing is read from any socket and nothing is sent",
        must=(
            _SILENT,
            Prediction(states="the lag of the event loop while the run lasts", read=never_observed, probe=None),
        ),
        prior=SELDOM,
        is_effect=always,
        detail=with_nothing,
    ),
)
