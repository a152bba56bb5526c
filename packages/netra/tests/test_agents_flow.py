"""Who works on a run: whatever triage says, the course keeps the order, the shortening and the roster's rows."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from netra.agents import flow
from netra.agents.flow import ORDER, Judgement, Next, course, following, judged
from netra.agents.prompts import TOKENS, prompt
from netra.agents.results import Triaged
from netra.agents.team import team
from netra.settings.model import ROLES
from netra.tools.catalogue import TOOLS

NOW = datetime(2026, 11, 23, tzinfo=UTC)
GRANTED = {"triage": {"data_profile"}, "data_helper": {"data_profile"}, "actions": set(TOOLS), "reporting": set[str]()}
WANTS = st.sampled_from(["nothing", "figures", "advice", "change"])
SHARES = st.none() | st.floats(0, 100)
JUDGEMENTS = st.builds(Judgement, wants=WANTS, sufficiency_pct=SHARES)


def taken(judgement: Judgement) -> list[Next]:
    """The whole way of a run, step by step, as the engine takes it."""
    results: dict[str, dict[str, Any]] = {"triage": judgement.model_dump()}
    agent, way = "triage", list[Next]()
    while step := following(agent, results):
        way.append(step)
        agent = step.to
        results[agent] = {}
    return way


@given(JUDGEMENTS)
def test_every_run_ends_with_reporting_and_keeps_the_order(judgement: Judgement) -> None:
    agents = ["triage", *(step.to for step in taken(judgement))]
    assert agents[-1] == "reporting"
    assert agents == sorted(set(agents), key=ORDER.index)
    assert tuple(agents[1:]) == course(judgement)


@given(JUDGEMENTS)
def test_who_advises_has_enough_data_before_it(judgement: Judgement) -> None:
    agents, pct = course(judgement), judgement.sufficiency_pct
    if "optimization" in agents:
        assert agents.index("data") < agents.index("optimization") < agents.index("actions")
        assert pct is None or pct >= flow.ENOUGH_PCT
    if judgement.wants in {"figures", "advice"} and pct is not None:
        assert ("data" in agents) == (pct >= flow.SOME_PCT)
        assert ("data_helper" in agents) == (pct < flow.ENOUGH_PCT)


def test_the_courses_by_name() -> None:
    advice = {
        100: ("data", "optimization", "actions", "reporting"),
        80: ("data", "optimization", "actions", "reporting"),
        79.9: ("data_helper", "data", "reporting"),
        40: ("data_helper", "data", "reporting"),
        39.9: ("data_helper", "reporting"),
        0: ("data_helper", "reporting"),
    }
    for pct, agents in advice.items():
        assert course(Judgement(wants="advice", sufficiency_pct=pct)) == agents
    assert course(Judgement(wants="figures", sufficiency_pct=100)) == ("data", "reporting")
    assert course(Judgement(wants="nothing", sufficiency_pct=0)) == ("reporting",)
    assert course(Judgement(wants="change")) == ("actions", "reporting")


@given(JUDGEMENTS)
def test_each_step_says_why_and_who_is_meant_to_follow(judgement: Judgement) -> None:
    for step, later in zip(way := taken(judgement), way[1:], strict=False):
        assert step.reason
        assert step.then == (later.to, *later.then)


@given(JUDGEMENTS)
def test_the_roster_allows_every_course(judgement: Judgement) -> None:
    roster, agent = team(), "triage"
    for step in taken(judgement):
        assert step.to in roster[agent].followers
        agent = step.to


def test_whoever_fails_passes_the_run_to_reporting_and_the_roster_allows_it() -> None:
    roster = team()
    for agent in ORDER[:-1]:
        step = flow.after_failure(agent)
        assert step is not None
        assert step.to == "reporting"
        assert step.to in roster[agent].followers
    assert flow.after_failure("reporting") is None


@given(st.dictionaries(st.sampled_from(["wants", "sufficiency_pct", "other"]), st.none() | st.integers() | st.text()))
def test_whatever_triage_hands_over_there_is_a_course(result: dict[str, Any]) -> None:
    assert course(judged({"triage": result}))[-1] == "reporting"


def test_each_agent_is_a_row_with_a_role_a_prompt_and_an_output() -> None:
    roster = team()
    assert tuple(roster) == ORDER == ROLES
    assert roster["triage"].output is Triaged
    reading = {name for name, tool in TOOLS.items() if not tool.effect}
    for name, agent in roster.items():
        assert TOKENS[name] > 0
        assert "{now}" not in prompt(name, NOW)
        granted = {tool.name for tool in TOOLS.values() if agent.may_call(tool)}
        assert granted == GRANTED.get(name, reading)
