"""What the local target keeps in files: log lines, secrets, ports, and the words of its control door."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers import free_port
from small_system import write_small_system

from goldenpath.deploy.local.address import web_address
from goldenpath.deploy.local.child_log import ChildLog, Origin, wrapped
from goldenpath.deploy.local.client import ask
from goldenpath.deploy.local.disk import locked, read_json, write_json
from goldenpath.deploy.local.layout import Layout
from goldenpath.deploy.local.log_files import Follower, last_lines
from goldenpath.deploy.local.ports import choose, is_free
from goldenpath.deploy.local.proc_table import entry, family, table
from goldenpath.deploy.local.revisions import differences
from goldenpath.deploy.local.target import LocalTarget
from goldenpath.deploy.local.values import new_secret
from goldenpath.deploy.local.wire import Answer, ChildSpec, Start, Status, decode_answer, decode_request, encode_answer
from goldenpath.deploy.local.wire import encode_request as encoded
from goldenpath.errors import ManifestError, StateError

ORIGIN = Origin(component="web", revision="r1", replica=0)


@given(st.binary(max_size=300).filter(lambda line: b"\n" not in line))
def test_any_bytes_become_one_json_line_with_their_origin(line: bytes) -> None:
    written = wrapped(line, "stderr", ORIGIN)
    assert written.count(b"\n") == 1
    fields = json.loads(written)
    assert (fields["component"], fields["revision"], fields["replica"]) == ("web", "r1", 0)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=20) | st.integers() | st.none(), max_size=5))
def test_a_childs_own_fields_are_kept_and_its_origin_is_ours(said: dict[str, object]) -> None:
    fields = json.loads(wrapped(json.dumps(said).encode(), "stdout", ORIGIN))
    ours = {"component": "web", "revision": "r1", "replica": 0, "stream": "stdout"}
    assert fields | ours == fields
    assert fields == {"at": fields["at"], **said, **ours}


LINE = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=50)


@given(st.lists(LINE, max_size=40), st.integers(1, 50))
def test_the_last_lines_read_backwards_are_the_last_lines_read_forwards(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], limit: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "web.r1.0.jsonl"
    log = ChildLog(path, ORIGIN)
    log.lines("stdout", [t.encode() for t in texts])
    log.close()
    forwards = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert last_lines([path], since=None, limit=limit) == forwards[-limit:]


def test_lines_before_the_time_asked_for_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "web.r1.0.jsonl"
    now = datetime.now(UTC)
    times = [now - timedelta(seconds=ago) for ago in (30, 20, 10, 0)]
    path.write_text("".join(json.dumps({"at": t.isoformat(), "n": n}) + "\n" for n, t in enumerate(times)) + '{"at": "')
    found = last_lines([path], since=now - timedelta(seconds=15), limit=10)
    assert [line["n"] for line in found] == [2, 3]


def test_a_follower_reads_only_whole_new_lines(tmp_path: Path) -> None:
    path = tmp_path / "web.r1.0.jsonl"
    path.write_text('{"n": 0}\n')
    follower = Follower([path])
    with path.open("a") as file:
        file.write('{"n": 1}\n{"n"')
        file.flush()
        assert follower.new_lines([path]) == [{"n": 1}]
        file.write(": 2}\n")
        file.flush()
    assert follower.new_lines([path]) == [{"n": 2}]
    path.write_text('{"n": 3}\n')
    assert follower.new_lines([path]) == [{"n": 3}]


@given(st.integers(8, 200))
def test_a_secret_has_the_length_asked_for(length: int) -> None:
    assert len(new_secret(length)) == length
    assert new_secret(length) != new_secret(length)


def test_a_chosen_port_is_free_and_none_of_the_taken_ones() -> None:
    chosen = {choose(()) for _ in range(20)}
    assert all(is_free(port) for port in chosen)
    assert choose(chosen) not in chosen


async def test_a_port_somebody_listens_on_is_not_free() -> None:
    port = free_port()
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port):
        assert not is_free(port)


def test_what_is_written_whole_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    assert read_json(path) == {}
    write_json(path, {"front": 1})
    write_json(path, {"front": 2})
    assert read_json(path) == {"front": 2}
    assert [p.name for p in tmp_path.iterdir()] == ["ports.json"]


async def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    inside, most = 0, 0

    async def enter() -> None:
        nonlocal inside, most
        async with locked(tmp_path / "lock"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1

    await asyncio.gather(*(enter() for _ in range(4)))
    assert most == 1


def test_requests_and_answers_survive_the_wire() -> None:
    spec = ChildSpec(
        component="web",
        replica=0,
        revision="r1",
        command=("python", "web.py"),
        environ={"A": "ä\n"},
        cwd="/",
        log="/log",
        stop_signal=15,
    )
    for request in (Status(), Start(children=(spec,))):
        assert decode_request(encoded(request, "token")) == (request, "token")
    answer = Answer(error="no", pid=3)
    assert decode_answer(encode_answer(answer)) == answer


async def test_the_control_door_answers_nobody_without_the_token(tmp_path: Path) -> None:
    target = LocalTarget(write_small_system(tmp_path), tmp_path, "local")
    await target.ensure()
    try:
        layout = Layout(tmp_path / ".goldenpath" / "local")
        door = read_json(layout.supervisor)
        for line in (encoded(Status(), "guessed"), b"nonsense\n", b'{"type": "down"}\n'):
            reader, writer = await asyncio.open_connection("127.0.0.1", door["port"])
            writer.write(line)
            said = decode_answer(await reader.readline())
            assert said.error
            assert said.children == ()
            writer.close()
        assert len((await ask(layout, Status())).children) == 1
    finally:
        await target.down()
    with pytest.raises(StateError, match="nothing runs"):
        await ask(layout, Status())


async def test_an_unknown_placeholder_is_named_with_its_variable(tmp_path: Path) -> None:
    system = write_small_system(tmp_path)
    spec = system.environments["local"]
    wrong = spec.model_copy(update={"variables": {**spec.variables, "APP_COLOUR": "{port:nothing}"}})
    target = LocalTarget(system.model_copy(update={"environments": {"local": wrong}}), tmp_path, "local")
    with pytest.raises(ManifestError, match="port:nothing") as raised:
        await target.prepare({})
    assert raised.value.where == "environments.local.variables.APP_COLOUR"
    assert target.revisions() == ()


def test_differences_are_words_without_values() -> None:
    assert differences({"A": "1", "B": "2", "C": "3"}, {"A": "1", "B": "x", "D": "y"}) == (
        "B changed",
        "C removed",
        "D added",
    )


def test_the_web_address_is_one_that_can_be_connected_to(tmp_path: Path) -> None:
    web = write_small_system(tmp_path).components["web"]
    assert web_address(web, {"WEB_HOST": "0.0.0.0", "WEB_PORT": "8080"}, "1") == ("127.0.0.1", 8080)  # noqa: S104
    assert web_address(web, {"WEB_HOST": "127.0.0.2", "WEB_PORT": "eighty"}, "1234") == ("127.0.0.2", 1234)
    assert web_address(web, {}, "1234") == ("127.0.0.1", 1234)


def test_a_family_is_found_across_sessions_and_never_takes_a_stranger() -> None:
    nap = "import time; time.sleep(60)"
    script = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {nap!r}], start_new_session=True).wait()"
    with subprocess.Popen([sys.executable, "-c", script], start_new_session=True) as leader:
        found = entry(leader.pid)
        assert found is not None
        try:
            while len(relatives := family(table(), leader.pid, found.start_ticks)) < 2:
                assert leader.poll() is None
            assert os.getpid() not in {e.pid for e in relatives}
            # The same pid with another start is a stranger.
            assert family(table(), leader.pid, found.start_ticks - 1) == ()
        finally:
            for one in family(table(), leader.pid, found.start_ticks):
                os.kill(one.pid, 9)
