"""Whatever is sent, in whatever order: the socket answers with frames that are documented, and stays usable."""

import json
from contextlib import ExitStack
from socket import SHUT_RDWR
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from netra_doors import Door, Person
from test_web_asyncapi import breaches
from websockets.sync.client import ClientConnection, connect

from netra.events.union import TYPE_OF
from netra.web.asyncapi import document

pytestmark = pytest.mark.slow
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
REFUSED = ""
"""Stands for a run that was not accepted: whether it is depends on earlier talks, and what is drawn must not."""
KINDS = st.sampled_from(["user_message", "resume", "cancel", "approve", "ping", "ready", "", "x"])
FIELDS = st.sampled_from(["content", "thread_id", "run_id", "after", "policy", "client_message_id", "extra"])


class Talk(RuleBasedStateMachine):
    """One client that says anything."""

    address = ""
    person: Person
    runs = Bundle("runs")
    threads = Bundle("threads")

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        self.socket = self.connected()
        self.sent = 0

    def connected(self) -> ClientConnection:
        opening = connect(self.address, additional_headers=self.person.headers, compression=None)
        socket = self.opened.enter_context(opening)
        assert json.loads(socket.recv(timeout=20))["type"] == "ready"
        return socket

    def teardown(self) -> None:
        self.opened.close()

    def heard(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self.socket.recv(timeout=20))
        assert breaches(document(), frame) == []
        assert frame.get("code") not in {"internal", "dependency_unavailable"}, frame
        return frame

    def answer(self) -> dict[str, Any]:
        """The next frame that is no event of a run."""
        while (frame := self.heard())["type"] in TYPE_OF.values():
            pass
        return frame

    @rule(target=runs, thread=st.none() | threads, content=st.text(max_size=30), name=st.none() | st.text(max_size=5))
    def ask(self, thread: str | None, content: str, name: str | None) -> str:
        frame = {"type": "user_message", "content": content, "thread_id": thread, "client_message_id": name}
        self.socket.send(json.dumps(frame))
        answer = self.answer()
        if answer["type"] == "error":
            assert answer["code"] in {"invalid", "conflict", "rate_limited"}
            return REFUSED
        return answer["run_id"]

    @rule(target=threads, run=runs)
    def look(self, run: str) -> str | None:
        if run == REFUSED:
            return None
        self.socket.send(json.dumps({"type": "resume", "run_id": run, "after": 0}))
        while (frame := self.heard()).get("run_id") != run:
            pass
        return frame.get("thread_id")

    @rule(run=runs)
    def cancel(self, run: str) -> None:
        if run != REFUSED:
            self.socket.send(json.dumps({"type": "cancel", "run_id": run}))

    @rule(text=st.text(max_size=200))
    def say_text(self, text: str) -> None:
        self.socket.send(text)

    @rule(data=st.binary(max_size=200))
    def say_bytes(self, data: bytes) -> None:
        self.socket.send(data)

    @rule(value=JSON)
    def say_json(self, value: object) -> None:
        self.socket.send(json.dumps(value))

    @rule(kind=KINDS, fields=st.dictionaries(FIELDS, JSON, max_size=4))
    def say_almost(self, kind: str, fields: dict[str, object]) -> None:
        self.socket.send(json.dumps({"type": kind, **fields}))

    @rule()
    def say_in_pieces(self) -> None:
        self.socket.send(iter(['{"type":', '"pi', 'ng"}']))

    @rule()
    def cut(self) -> None:
        self.socket.socket.shutdown(SHUT_RDWR)
        self.opened.close()
        self.socket = self.connected()

    @invariant()
    def it_answers(self) -> None:
        """Frames are served in order: behind a ping of ours nothing said before is unanswered."""
        name = f"still-there-{self.sent}"
        self.sent += 1
        self.socket.send(json.dumps({"type": "user_message", "content": "", "client_message_id": name}))
        while self.heard().get("client_message_id") != name:
            pass


async def test_nothing_that_is_said_breaks_the_socket(door: Door) -> None:
    Talk.address = door.socket_address
    Talk.person = await door.person()
    machine = Talk.TestCase
    machine.settings = settings(
        max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    machine().runTest()
    faults = [line for line in door.lines() if line["level"] == "error" or line.get("status", 0) >= 500]
    assert faults == []
