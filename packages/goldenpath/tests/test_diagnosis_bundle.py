"""Evidence bundles: what is written can be read, and gives the same diagnosis to the byte."""

import asyncio
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from diagnosis_bench import BEGIN, SYSTEM, Notebook, named
from diagnosis_cases import CASES, Case, slow_hop, two_at_once

from goldenpath.diagnosis.bundle import Bundle, dump, of_journal, parse
from goldenpath.diagnosis.engine import diagnose
from goldenpath.errors import UsageError
from goldenpath.events import CycleStarted, Diagnosed, LoopEvent, Observed
from goldenpath.facts import Diagnosis, Observation


def bundle_of(write: object) -> Bundle:
    book = Notebook()
    write(book)  # type: ignore[operator]
    return Bundle(recorded_at=BEGIN, system=SYSTEM, observations=tuple(book.observations))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_written_is_read_back_and_diagnosed_alike(case: Case) -> None:
    written = bundle_of(case.write)
    text = dump(written)
    again = parse(text, "x.json")
    assert again == written
    assert dump(again) == text
    diagnosis = diagnose(again.system, again.observations)
    assert diagnosis == diagnose(SYSTEM, written.observations)
    assert set(named(diagnosis)) == set(case.causes)


def test_a_folder_of_this_machine_is_not_written() -> None:
    book = Notebook()
    book.note("web", "log.errors", {"text": "no /home/me/desk/x.toml"}, probe="log")
    bundle = Bundle(recorded_at=BEGIN, system=SYSTEM, observations=tuple(book.observations))
    text = dump(bundle, "/home/me/desk")
    assert "/home/me" not in text
    assert "{project}/x.toml" in text


@pytest.mark.parametrize("text", ["", "[]", '{"format": "goldenpath.bundle/2"}', '{"format": "goldenpath.bundle/1"}'])
def test_what_is_no_bundle_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no evidence bundle"):
        parse(text, "x.json")


def seen(number: int, cycle: int) -> tuple[Observed, Observation]:
    at = BEGIN + timedelta(seconds=number)
    made = Observation(id=f"o{number}", at=at, probe="edge", subject="web", name="tcp.ms", value=number)
    return Observed(at=at, cycle=cycle, observations=(made,)), made


def test_a_journal_gives_the_evidence_of_its_first_named_cause() -> None:
    (one, first), (two, second), (three, third) = (seen(n, 1) for n in (1, 2, 3))
    cause = diagnose(SYSTEM, bundle_of(slow_hop).observations)
    events: list[LoopEvent] = [
        CycleStarted(at=BEGIN, cycle=1, reason="begin"),
        one,
        two,
        Diagnosed(at=BEGIN, diagnosis=Diagnosis(verdict="pass"), considered=("o1",), seconds=0),
        three,
        Diagnosed(at=BEGIN, diagnosis=cause, considered=("o2", "o3"), seconds=0),
    ]
    assert of_journal(SYSTEM, events).observations == (second, third)
    assert of_journal(SYSTEM, events[:5]).observations == (first,)
    assert of_journal(SYSTEM, events[:3]).observations == (first, second)


def why(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "goldenpath.cli.main", "why", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=cwd)


async def test_the_command_replays_a_bundle_anywhere_and_always_alike(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(dump(bundle_of(two_at_once)))
    words = ("--from", "b.json", "--output", "json")
    one, two, three = await asyncio.gather(
        *(asyncio.to_thread(why, *words, cwd=tmp_path) for _ in range(2)),
        asyncio.to_thread(why, "--from", "b.json", "--revision", "r1", cwd=tmp_path),
    )
    assert one.returncode == 1
    assert one.stdout == two.stdout
    said = json.loads(one.stdout)
    assert {(c["id"], c["component"]) for c in said["causes"]} == {
        ("variable_malformed", "redis"),
        ("llm_key_refused", "llm"),
    }
    assert said["revision"] == "r2"
    assert said["seconds"] is None
    assert three.returncode == 2


async def test_what_people_tell_is_judged_with_a_bundle_and_written_as_a_page(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(dump(bundle_of(slow_hop)))
    told = [
        {"type": "claim", "cause": "server_slow", "component": "postgres", "statement": "the | server is too small"},
        {"type": "claim", "statement": "nobody tests here"},
        {"type": "fact", "subject": "redis", "name": "process.state", "value": "frozen", "text": "seen with ps"},
    ]
    (tmp_path / "told.json").write_text(json.dumps(told))
    (tmp_path / "wrong.json").write_text('[{"type": "rumour"}]')
    words = ("--from", "b.json", "--told", "told.json", "--worklog", "page.md", "--output", "json")
    done, wrong = await asyncio.gather(
        asyncio.to_thread(why, *words, cwd=tmp_path),
        asyncio.to_thread(why, "--from", "b.json", "--told", "wrong.json", cwd=tmp_path),
    )
    said = json.loads(done.stdout)
    assert {(c["id"], c["component"]) for c in said["causes"]} == {
        ("connect_delay", "postgres"),
        ("process_frozen", "redis"),
    }
    assert [c["verdict"] for c in said["claims"]] == ["refuted", "no_state"]
    cited = {o["id"]: o for o in said["observations"]}
    assert all(i in cited for c in said["claims"] for i in c["observations"])
    assert any(o["probe"] == "person" and o["text"] == "seen with ps" for o in cited.values())
    text = (tmp_path / "page.md").read_text()
    assert "## Cause: postgres" in text
    assert "the \\| server is too small | refuted" in text
    assert wrong.returncode == 2
    assert "observations.md" in wrong.stderr
