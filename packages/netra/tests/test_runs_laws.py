"""The laws of a log: what keeps them passes, every damage is caught, and any beginning can be ended lawfully."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import assume, given
from hypothesis import strategies as st

from netra.events.laws import breaches
from netra.events.union import EVENTS, TYPE_OF, Event, RunCancelledData
from netra.runs.closing import DEADLINE, closing
from netra.runs.frames import Place, Said, frames, pack, stored, unpack
from netra.runs.progress import progress
from netra.runs.standing import Standing

RUN, THREAD = UUID(int=1), UUID(int=2)
START = datetime(2026, 11, 22, tzinfo=UTC)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
AGENTS = ("triage", "data", "reporting")
ENDINGS = ("completed", "failed", "cancelled")


def _said(draw: st.DrawFn, agent: str) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = [{"type": "agent_started", "data": {"task": draw(TEXT)}}]
    for number in range(draw(st.integers(0, 3))):
        call = {"call_id": f"{agent}-{number + 1}", "tool": "t"}
        facts.append({"type": "agent_thinking", "data": {"text": draw(TEXT), "step": number + 1}})
        approved = draw(st.sampled_from([None, True, False]))
        if approved is not None:
            facts += _approval(call, approved=approved, note=draw(TEXT))
        if approved is False:
            continue
        facts.append({"type": "tool_executing", "data": {**call, "arguments": {"a": draw(TEXT)}}})
        status = draw(st.sampled_from(["ok", "error", "unknown"]))
        facts.append({"type": "tool_completed", "data": {**call, "status": status, "result": draw(TEXT), "ms": 1}})
    facts += [{"type": "answer_delta", "data": {"text": piece}} for piece in draw(st.lists(TEXT, max_size=3))]
    return [{"agent": agent, **fact} for fact in facts]


def _passing(agent: str, to: str, *, failed: bool) -> list[dict[str, Any]]:
    why = {"reason": "agent_timeout", "message": "late"} if failed else None
    done: dict[str, Any] = {"agent": agent, "type": "agent_completed", "data": {"result": {}, "ms": 1}}
    handed = {"agent": agent, "type": "agent_handoff", "data": {"to": to, "reason": "", "failed": why}}
    return [handed] if failed else [done, handed]


def _approval(call: dict[str, Any], *, approved: bool, note: str) -> list[dict[str, Any]]:
    asked: dict[str, Any] = {**call, "arguments": {}, "why": "because", "expires_at": START.isoformat()}
    decided = {"call_id": call["call_id"], "approved": approved, "by": "owner", "note": note}
    return [
        {"type": "approval_requested", "data": asked},
        {"agent": "run", "type": "approval_decided", "data": decided},
    ]


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """A finished log that keeps the laws."""
    facts: list[dict[str, Any]] = [{"agent": "run", "type": "run_queued", "data": {"message_id": str(THREAD)}}]
    ending = draw(st.sampled_from(ENDINGS))
    last = draw(st.integers(0, 2))
    for place, agent in enumerate(AGENTS[: last + 1]):
        facts += _said(draw, agent)
        if place < last:
            facts += _passing(agent, AGENTS[place + 1], failed=draw(st.booleans()))
    ends: dict[str, dict[str, Any]] = {
        "completed": {"agent": AGENTS[last], "type": "agent_completed", "data": {"result": {}, "final": True, "ms": 1}},
        "failed": {"agent": "run", "type": "agent_failed", "data": {"reason": "deadline", "message": "late"}},
        "cancelled": {"agent": "run", "type": "run_cancelled", "data": {"by": "me"}},
    }
    facts.append(ends[ending])
    return numbered(facts)


def numbered(facts: list[dict[str, Any]]) -> list[Event]:
    envelope = {"run_id": RUN, "thread_id": THREAD}
    return [
        EVENTS.validate_python({**envelope, **fact, "seq": seq, "at": START + timedelta(seconds=seq)})
        for seq, fact in enumerate(facts, start=1)
    ]


def renumbered(events: list[Event]) -> list[Event]:
    return [event.model_copy(update={"seq": seq}) for seq, event in enumerate(events, start=1)]


def standing_of(events: list[Event]) -> Standing:
    found = Standing()
    for event in events:
        found.take(event.type, event.agent, event.data.model_dump_json())
    return found


@given(logs())
def test_a_lawful_log_has_no_breach_and_neither_has_any_beginning_of_it(events: list[Event]) -> None:
    assert breaches(events, finished=True) == ()
    for end in range(len(events)):
        assert breaches(events[:end], finished=False) == ()


@given(logs(), st.data())
def test_a_lost_event_is_caught(events: list[Event], data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, len(events) - 1))
    assert breaches([*events[:lost], *events[lost + 1 :]], finished=True)


@given(logs(), st.data())
def test_a_doubled_event_is_caught(events: list[Event], data: st.DataObject) -> None:
    twice = data.draw(st.integers(0, len(events) - 1))
    assert breaches([*events[: twice + 1], *events[twice:]], finished=True)


@given(logs(), st.data())
def test_two_events_in_the_wrong_order_are_caught(events: list[Event], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(events) - 2))
    swapped = [*events[:first], events[first + 1], events[first], *events[first + 2 :]]
    assert breaches(swapped, finished=True)


@given(logs(), st.data())
def test_damage_that_keeps_the_numbers_gapless_is_caught_too(events: list[Event], data: st.DataObject) -> None:
    """Without the help of `seq`: a start, one end of a call, or the terminal event is missing or there twice."""
    spoke = [e.agent for e in events if e.type != "agent_started"]
    lone = ("tool_completed", "agent_failed", "run_cancelled", "approval_requested", "approval_decided")
    vital = [i for i, e in enumerate(events) if e.type in lone]
    vital += [i for i, e in enumerate(events) if e.type == "agent_started" and e.agent in spoke]
    assume(vital)
    place = data.draw(st.sampled_from(vital))
    starts = events[place].type == "agent_started"
    assert breaches(renumbered([*events[:place], *events[place + 1 :]]), finished=True)
    if not starts:
        assert breaches(renumbered([*events[: place + 1], *events[place:]]), finished=True)


@given(logs(), st.data(), st.sampled_from([DEADLINE, RunCancelledData(by="me")]))
def test_any_beginning_of_a_run_can_be_ended_lawfully(events: list[Event], data: st.DataObject, last: Any) -> None:
    begun = events[: data.draw(st.integers(1, len(events) - 1))]
    state, known = standing_of(begun), progress(begun)
    assert (state.last_seq, state.ended) == (known.last_seq, known.ended)
    assert [(call.agent, call.call_id) for call in state.calls.values()] == [
        (agent, call.call_id) for agent, call in known.open_calls()
    ]
    assert list(state.waiting) == [asked.call_id for asked in known.undecided()]
    facts = [
        {"agent": agent, "type": TYPE_OF[type(fact)], "data": fact.model_dump()} for agent, fact in closing(state, last)
    ]
    ended = [*begun, *(event.model_copy(update={"seq": len(begun) + event.seq}) for event in numbered(facts))]
    assert breaches(ended, finished=True) == ()
    assert progress(ended).ended


@given(logs())
def test_what_was_refused_is_found_and_what_was_approved_is_under_way(events: list[Event]) -> None:
    state = progress(events)
    refused = {e.data.call_id for e in events if e.type == "approval_decided" and not e.data.approved}
    assert {call for call, finding in state.findings.items() if finding.status == "refused"} == refused
    for end, event in enumerate(events, start=1):
        if event.type == "approval_decided" and event.data.approved:
            begun = progress(events[:end])
            assert [asked.call_id for _, asked in begun.approved()] == [event.data.call_id]
            (agent, _), *_ = begun.approved()
            assert begun.turn(agent).next_call == int(event.data.call_id.split("-")[1]) + 1
    assert not state.approved()


def test_a_call_that_began_without_its_approval_is_caught() -> None:
    call = {"call_id": "data-1", "tool": "t"}
    asked, decided = _approval(call, approved=False, note="")
    begins: dict[str, Any] = {"agent": "data", "type": "tool_executing", "data": {**call, "arguments": {}}}
    ends: dict[str, Any] = {"agent": "data", "type": "tool_completed", "data": {**call, "status": "ok", "ms": 1}}
    started = {"agent": "data", "type": "agent_started", "data": {"task": "t"}}
    for facts in ([asked, decided, begins, ends], [asked, begins, ends, decided]):
        found = breaches(numbered([started, *({"agent": "data", **fact} for fact in facts)]), finished=False)
        assert [breach.law for breach in found] == ["approved_first"]


@given(logs())
def test_the_fold_in_two_parts_is_the_fold_at_once(events: list[Event]) -> None:
    for cut in range(len(events)):
        state = progress(events[:cut])
        for event in events[cut:]:
            state.take(event.agent, event.data)
        state.last_seq = len(events)
        assert state == progress(events)


@given(logs())
def test_what_is_published_is_what_the_log_holds(events: list[Event]) -> None:
    said = [Said(event.agent, event.data) for event in events]
    bodies = [event.data.model_dump_json() for event in events]
    made = frames(Place(RUN, THREAD, 1, START), said, bodies)
    assert unpack(pack(made)) == made
    assert [frame.terminal for frame in made] == [False] * (len(made) - 1) + [True]
    rows = [
        stored(Place(RUN, THREAD, event.seq, START), event.type, event.agent, body)
        for event, body in zip(events, bodies, strict=True)
    ]
    assert rows == made
    assert [EVENTS.validate_json(frame.json).data for frame in made] == [event.data for event in events]
