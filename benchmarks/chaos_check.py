"""What came of it: the clients' events against the log, the log against its rows, the tools against their journal."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
from chaos_client import Ask, Person
from chaos_cuts import Down, Held
from chaos_worker import TOOLS, words

from netra.events.laws import breaches
from netra.events.union import EVENTS
from netra.stores.database import Pool

UNEXPECTED = ("deadline", "internal", "attempts_exhausted", "agent_timeout")
"""Ends that no cut excuses."""
DEFECTS = ("lost", "duplicated", "reordered", "stuck", "unlawful", "unlike_rows", "repeated", "wrong", "overlapping")
ROWS = """select seq, type, agent, data::text as data from run_events where run_id = $1::uuid order by seq"""

Events = list[dict[str, Any]]
NO_EVENT: dict[str, Any] = {"type": "none", "data": {}}


class Checked(NamedTuple):
    """One run, judged."""

    ask: Ask
    began: float
    ended: float
    defects: Mapping[str, int]
    notes: tuple[str, ...]
    last: str


async def judged(people: Sequence[Person], pool: Pool, journal: Path) -> list[Checked]:
    """Judge every run that was asked for."""
    begun = _begun(journal)
    checked: list[Checked] = []
    for person in people:
        headers = {"Authorization": f"Bearer {person.token}"}
        async with aiohttp.ClientSession(person.addresses[0], headers=headers, raise_for_status=True) as http:
            logs = {ask.token: await _log(http, ask) for ask in person.asked}
        for ask in person.asked:
            rows = await pool.fetch(ROWS, ask.run_id) if ask.run_id else []
            stored = [{**dict(row.items()), "data": json.loads(row["data"])} for row in rows]
            said = "select count(*) from messages where role = 'user' and content = $1"
            copies = await pool.fetchval(said, ask.content)
            before = logs[ask.after.token] if ask.after else []
            checked.append(_judge(ask, logs[ask.token], stored, _Around(begun[ask.token], copies, before)))
    return checked


class _Around(NamedTuple):
    begun: list[tuple[int, float]]
    copies: int
    before: Events


async def _log(http: aiohttp.ClientSession, ask: Ask) -> Events:
    if ask.run_id is None:
        return []
    async with http.get(f"/api/runs/{ask.run_id}/events", params={"stream": "false"}) as answer:
        return await answer.json()


def _begun(journal: Path) -> Mapping[str, list[tuple[int, float]]]:
    """By token: which call began when."""
    found: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for line in journal.read_text().splitlines():
        at, token, number, _ = line.split()
        found[token].append((int(number), float(at)))
    return found


def _judge(ask: Ask, log: Events, stored: Events, around: _Around) -> Checked:
    last = log[-1] if log else NO_EVENT
    got = {event["seq"]: event for event in ask.received}
    counts = Counter(
        lost=ask.lost + sum(got.get(event["seq"]) != event for event in log if event["seq"] not in _missed(ask)),
        duplicated=ask.duplicated,
        reordered=ask.reordered,
        stuck=int(bool(ask.stuck) or not log or last["data"].get("reason") in UNEXPECTED),
        unlawful=len(breaches([EVENTS.validate_python(event) for event in log], finished=True)),
        unlike_rows=int(stored != [{key: e[key] for key in ("seq", "type", "agent", "data")} for e in log]),
        repeated=len(again := _repeated(log, around.begun)),
        wrong=int(_is_wrong(ask, last) or around.copies != 1),
        overlapping=int(bool(around.before) and _at(around.before[-1]) > _started(log)),
    )
    copies = f"copies {around.copies}" if around.copies != 1 else ""
    notes = (ask.stuck, copies, str(last["data"].get("reason", "")), *again)
    began, ended = (_at(log[0]), _at(log[-1])) if log else (0.0, 0.0)
    name = f"{last['type']} {last['data'].get('reason') or ''}".strip()
    return Checked(ask, began, ended, {k: v for k, v in counts.items() if v}, tuple(n for n in notes if n), name)


def _missed(ask: Ask) -> set[int]:
    """Seqs that were skipped: counted when it happened."""
    have = {event["seq"] for event in ask.received}
    return set(range(1, ask.seen + 1)) - have


def _repeated(log: Events, begun: list[tuple[int, float]]) -> list[str]:
    """Calls that began after they had ended in the log, or a second time although they may not be repeated."""
    ended = dict(enumerate((_at(event) for event in log if event["type"] == "tool_completed"), 1))
    often = Counter(number for number, _ in begun)
    late = [(number, at - ended[number]) for number, at in begun if at > ended.get(number, at)]
    twice = [number for number, tool in enumerate(TOOLS, 1) if tool == "book" and often[number] > 1]
    return [
        *(f"call {number} began {after:.3f} s after it had ended" for number, after in late),
        *(f"call {number} began {often[number]} times" for number in twice),
    ]


def _is_wrong(ask: Ask, last: dict[str, Any]) -> bool:
    return last["type"] == "agent_completed" and last["data"]["answer"] != "".join(words(ask.content))


def _at(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["at"]).timestamp()


def _started(log: Events) -> float:
    return _at(log[1]) if len(log) > 1 else float("inf")


def faults(folder: Path) -> Counter[str]:
    """What web processes and workers logged as errors: nothing that is cut is a reason for one."""
    found: Counter[str] = Counter()
    for log in (*folder.glob("web-*.out"), *folder.glob("worker-*.out")):
        lines = (
            json.loads(line) for line in log.read_text().splitlines() if line.startswith("{") and line.endswith("}")
        )
        found.update(_fault(line) for line in lines if line.get("level") == "error" and not _is_start(line))
    return found


def _is_start(line: Mapping[str, str]) -> bool:
    """A process that is started while its database is away says so, and ends."""
    return line.get("logger") == "netra.health.startup" or line["event"].startswith("Application startup failed")


def _fault(line: Mapping[str, str]) -> str:
    *_, last = ["", *line.get("traceback", "").strip().splitlines()]
    return f"{line['event'].strip()}: {last.strip()}"


def by_kind(checked: Sequence[Checked], downs: Sequence[Down]) -> dict[str, Counter[str]]:
    """Defects under each kind of cut that happened while the run went on; `no cut of a process` else."""
    table: dict[str, Counter[str]] = {}
    for run in checked:
        met = {down.kind for down in downs if down.began <= run.ended and run.began <= down.ended}
        for kind in met or {"no process"}:
            row = table.setdefault(kind, Counter(runs=0))
            row["runs"] += 1
            row.update(run.defects)
    return table


def take_overs(checked: Sequence[Checked], held: Sequence[Held]) -> list[float]:
    """Seconds from the kill of the worker that held a run to the run's next event, which another wrote."""
    received = {run.ask.run_id: {event["seq"]: event for event in run.ask.received} for run in checked}
    next_events = [(one.killed_at, received.get(one.run_id, {}).get(one.last_seq + 1)) for one in held]
    return sorted(_at(event) - killed_at for killed_at, event in next_events if event)
