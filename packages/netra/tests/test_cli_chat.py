"""`netra chat` as a person types it in a terminal, and as a program pipes lines into it."""

import asyncio
import json
import os
import pty
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netra_doors import PASSWORD, Door, Person
from netra_runs import Script, eventually, worker
from pydantic import JsonValue, SecretStr

from netra.agents.builtin.views import Bars, Column, Series, Table
from netra.cli.client import opened_session
from netra.cli.harmless import harmless
from netra.cli.login import Login
from netra.cli.talk.api import Api
from netra.cli.talk.blocks import Blocks
from netra.cli.talk.charts import drawn as drawn_charts
from netra.cli.talk.charts import line
from netra.cli.talk.line import COMMANDS, SAY, Line, guide, read
from netra.cli.talk.money import BAR, bars
from netra.errors import InvalidError, UnauthorizedError
from netra.settings.timeouts import Timeouts

COMMAND = (sys.executable, "-m", "netra.cli.main", "chat")
WAIT_S = 60.0


@pytest.fixture
async def working(environ: Mapping[str, str], door: Door, tmp_path: Path) -> AsyncGenerator[Door]:
    """A door with a worker behind it that needs no usage data."""
    async with worker(environ, tmp_path, Script(calls=2, words=4)):
        yield door


def variables(door: Door, person: Person) -> dict[str, str]:
    own = {"NETRA_URL": door.address, "NETRA_EMAIL": person.email, "NETRA_PASSWORD": PASSWORD}
    return {"PATH": os.environ["PATH"], "TERM": "xterm", **own}


async def piped(door: Door, person: Person, typed: str, *options: str, cwd: Path) -> tuple[int, str, str]:
    """Exit code, answers and events of these lines."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *options,
        env=variables(door, person),
        cwd=cwd,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(typed.encode()), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, out.decode(), err.decode()


class Terminal:
    """What a person sees and types."""

    def __init__(self, own_end: int, process: asyncio.subprocess.Process) -> None:
        self._own_end = own_end
        self.process = process
        self.seen = ""
        asyncio.get_running_loop().add_reader(own_end, self._read)

    def _read(self) -> None:
        with suppress(OSError):
            self.seen += os.read(self._own_end, 65536).decode(errors="replace")
            return
        asyncio.get_running_loop().remove_reader(self._own_end)

    async def sees(self, text: str, *, after: int = 0) -> int:
        """Wait for the text; answers where it ends."""

        async def there() -> bool:
            return text in self.seen[after:]

        try:
            await eventually(there, WAIT_S)
        except TimeoutError:
            raise AssertionError(self.seen[after:]) from None
        return self.seen.index(text, after) + len(text)

    def types(self, text: str) -> None:
        os.write(self._own_end, text.encode())


@asynccontextmanager
async def terminal(door: Door, person: Person, *options: str) -> AsyncGenerator[Terminal]:
    """A `netra chat` in a terminal of its own."""
    own_end, its_end = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *options,
        env=variables(door, person),
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(its_end), os.O_RDWR)),
    )
    os.close(its_end)
    shown = Terminal(own_end, process)
    try:
        yield shown
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        asyncio.get_running_loop().remove_reader(own_end)
        os.close(own_end)


async def test_lines_are_questions_of_one_thread_and_answers_come_apart(working: Door, tmp_path: Path) -> None:
    person = await working.person()
    asked = ["what did it cost?", "what did it cost last week?"]
    typed = [
        asked[0],
        "",
        "/rename Costs",
        asked[1],
        "/export json kept.json",
        "/tools",
        "/tools 2",
        "/threads word3",
        "",
    ]
    code, out, err = await piped(working, person, "\n".join(typed), cwd=tmp_path)
    assert (code, out) == (0, "word0 word1 word2 word3\n" * 2), err
    assert err.count("→ stride(number=1)") == 2
    assert "this thread is called Costs" in err
    assert "  2  stride  ok in" in err
    assert '"number": 2' in err
    kept = json.loads((tmp_path / "kept.json").read_text())
    assert kept["thread"]["title"] == "Costs"
    assert [m["content"] for m in kept["messages"] if m["role"] == "user"] == asked
    code, out, err = await piped(working, person, "/export json kept.json\n", "--last", cwd=tmp_path)
    assert (code, "/export: File exists" in err) == (1, True), "nothing is written over"
    assert out == "word0 word1 word2 word3\n" * 2, "the history of the thread"
    assert "> what did it cost last week?" in err


@pytest.mark.slow
async def test_programs_get_an_object_for_each_answer(working: Door, tmp_path: Path) -> None:
    person = await working.person()
    code, out, _ = await piped(working, person, "one\n/usage\n/retry\n/nothing\n", "--output", "json", cwd=tmp_path)
    assert code == 1, "a line could not be done"
    answers = [json.loads(line) for line in out.splitlines()]
    assert [a["answer"] for a in answers] == ["word0 word1 word2 word3"] * 2
    assert answers[0]["thread_id"] == answers[1]["thread_id"]


@pytest.mark.slow
async def test_a_terminal_shows_the_run_and_finds_threads_again(working: Door) -> None:
    person = await working.person()
    async with terminal(working, person) as shown:
        at = await shown.sees("/help lists the commands")
        shown.types("what did it cost?\r")
        at = await shown.sees("stride(number=2)", after=at)
        at = await shown.sees("word0 word1 word2 word3", after=at)
        at = await shown.sees("> ", after=await shown.sees("done in", after=at))
        shown.types("/threads COST\r")
        at = await shown.sees("what did it cost?", after=await shown.sees("/threads COST", after=at))
        shown.types("/new\r/open 1\r")
        at = await shown.sees("word0 word1 word2 word3", after=await shown.sees("/open 1", after=at))
        shown.types("/wrong\r")
        await shown.sees("there is no such command", after=at)
        shown.types("/quit\r")
        assert await asyncio.wait_for(shown.process.wait(), 10) == 0


@pytest.mark.slow
async def test_ctrl_c_ends_the_run_and_not_the_conversation(
    environ: Mapping[str, str], door: Door, tmp_path: Path
) -> None:
    person = await door.person()
    async with worker(environ, tmp_path, Script(calls=1, seconds=30)), terminal(door, person) as shown:
        at = await shown.sees("/help lists the commands")
        shown.types("a slow one\r")
        at = await shown.sees("stride(", after=at)
        shown.types("\x03")
        at = await shown.sees(" by owner", after=at)
        shown.types("\x04")
        assert await asyncio.wait_for(shown.process.wait(), 10) == 0


@pytest.mark.slow
async def test_a_run_that_goes_on_is_met_again(environ: Mapping[str, str], door: Door, tmp_path: Path) -> None:
    person = await door.person()
    asked = await door.post(person, "what did it cost?")
    chatting = asyncio.create_task(piped(door, person, "/tools\n", "--thread", asked["thread_id"], cwd=tmp_path))
    async with worker(environ, tmp_path, Script(calls=3, seconds=4, words=2)):
        code, out, err = await chatting
    assert (code, out) == (0, "word0 word1\n"), err
    assert "its last run goes on:" in err
    assert [err.count(f"→ stride(number={number})") for number in (1, 2, 3)] == [1, 1, 1]
    assert "  3  stride  ok in" in err


async def test_a_session_outlives_its_tokens_and_ends_with_the_conversation(door: Door) -> None:
    person = await door.person()
    login = Login(url=door.address, email=person.email, password=SecretStr(PASSWORD))
    short = (await opened_session(login)).model_copy(update={"expires_in": 1})
    async with Api(login, short, Timeouts()) as api:
        assert await api.threads() == ()
    refused = await door.http.post("/api/auth/refresh", json={"refresh_token": short.refresh_token})
    assert refused.status_code == 401, "it was exchanged"
    listed = (await door.http.get("/api/auth/sessions", headers=person.headers)).json()["sessions"]
    assert [session["current"] for session in listed] == [True], "nothing else is left open"
    with pytest.raises(UnauthorizedError, match="refresh token"):
        async with Api(login, short, Timeouts()) as api:
            await api.threads()


@given(st.lists(st.text(alphabet="a`~\n ", max_size=12)))
def test_blocks_are_all_that_was_said_in_its_order(pieces: list[str]) -> None:
    blocks = Blocks()
    drawn = [block for piece in pieces for block in blocks.add(piece)]
    assert "".join(drawn) + blocks.end() == "".join(pieces)
    assert all(block.endswith("\n") for block in drawn)


def test_a_block_ends_at_a_blank_line_outside_of_code() -> None:
    blocks = Blocks()
    assert blocks.add("# One\n\ntwo ") == ["# One\n\n"]
    assert blocks.add("words\n```\ncode\n\nmore\n") == []
    assert blocks.add("```\n\n") == ["two words\n```\ncode\n\nmore\n```\n\n"]
    assert blocks.end() == ""


@given(st.text())
def test_nothing_that_a_terminal_obeys_comes_through(text: str) -> None:
    shown = harmless(text)
    assert len(shown) == len(text)
    assert not {c for c in shown if (ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160}


def test_lines_are_read_as_they_are_meant() -> None:
    assert read(" what? ") == Line(SAY, "what?")
    assert read("//etc is a folder") == Line(SAY, "/etc is a folder")
    assert read("/open  3 ") == Line("open", "3")
    assert read("/q") == Line("quit", "")
    for wrong in ("/", "/nothing", "/re", "/Quit"):
        with pytest.raises(InvalidError, match=r"begin so|no such command"):
            read(wrong)
    assert all(f"/{name}" in guide() for name in COMMANDS)


@given(st.lists(st.floats(min_value=-1e12, max_value=1e12), min_size=1, max_size=300))
def test_a_line_has_a_sign_for_each_value_that_fits(values: list[float]) -> None:
    drawn = line(values)
    assert len(drawn) == min(len(values), 60)
    assert set(drawn) <= set(BAR)
    if len(values) <= 60 and max(values) > min(values):
        assert (drawn[values.index(min(values))], drawn[values.index(max(values))]) == (BAR[0], BAR[-1])


def test_charts_say_what_they_show_and_what_cannot_be_read_is_left_out() -> None:
    views = [
        Series(
            title="Cost", unit="USD", call_id="a", points=(("2026-11-01T00:00:00Z", 1), ("2026-11-02T00:00:00Z", 3))
        ),
        Bars(title="By model", unit="USD", call_id="a", rows=(("gpt-4o", 30.0), ("mini", -3.0))),
        Table(title="T", call_id="a", columns=(Column(name="x", unit=""),), rows=(("y",),)),
    ]
    assert drawn_charts({"views": [v.model_dump(mode="json") for v in views]}) == [
        "Cost\n  ▁█  1 to 3 USD\n  2026-11-01 to 2026-11-02",
        f"By model\n  gpt-4o  {'█' * 30} 30 USD\n  mini    {'█' * 3} -3 USD",
    ]
    unread: list[dict[str, JsonValue]] = [{}, {"views": None}, {"views": [{"kind": "globe"}]}, {"views": 7}]
    assert [drawn_charts(result) for result in unread] == [[], [], [], []]


@given(st.lists(st.floats(min_value=0, max_value=1e12), max_size=40))
def test_a_bar_stands_for_each_value_and_only_nothing_looks_like_nothing(values: list[float]) -> None:
    drawn = bars(values)
    assert [sign == "·" for sign in drawn] == [value == 0 for value in values]


async def test_what_has_an_effect_waits_for_a_word(environ: Mapping[str, str], door: Door, tmp_path: Path) -> None:
    person = await door.person()
    async with worker(environ, tmp_path, Script(calls=2, words=2, effect=True)):
        code, out, err = await piped(door, person, "change it\nwell?\n/approve go on\n", cwd=tmp_path)
        assert (code, out) == (1, ""), "a line could not be done, and the second call still waits"
        assert "asks: stride(number=1)?" in err
        assert "step 1 is next" in err
        assert "stride waits for your decision" in err
        assert "approved by owner: go on" in err
        assert "← stride ok" in err
        code, out, err = await piped(door, person, "/refuse no more\n/tools\n", "--last", cwd=tmp_path)
        assert (code, out) == (0, "word0 word1\n"), err
        assert "its last run goes on:" in err
        assert "refused by owner: no more" in err
        assert "1  stride  ok in" in err
    assert (await piped(door, person, "/approve\n", "--last", cwd=tmp_path))[0] == 1, "nothing waits any more"
