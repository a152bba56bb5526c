"""People, data and one finished run, for tests of a deployed netra."""

import httpx
import pytest
from e2e.answered import Analyst, Answered
from e2e.conversation import Conversation, converse
from e2e.frames import assert_lawful, bodies
from e2e.person import Person, register
from e2e.usage import generate, write_csv

from goldenpath.testing.doors import Operator, RequestIds, Sockets, open_door
from goldenpath.testing.ledger import Ledger
from goldenpath.testing.target import Target

QUESTION = "How many requests and tokens did each workload use?"


@pytest.fixture
async def person(door: httpx.AsyncClient, nonce: str) -> Person:
    """Somebody new, who has no data yet."""
    return await register(door, nonce)


@pytest.fixture
async def talk(socket: Sockets, person: Person, target: Target) -> Conversation:
    """That person's open socket."""
    return await converse(socket, person, target)


@pytest.fixture(scope="session")
async def analyst(
    target: Target,
    ledger: Ledger,
    process_nonce: str,
    operator: Operator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Analyst:
    """Register the account and import its data as an operator does."""
    async with open_door(target, RequestIds(process_nonce), ledger) as door:
        person = await register(door, process_nonce)
    rows = generate(process_nonce)
    path = tmp_path_factory.mktemp("usage") / "usage.csv"
    write_csv(rows, path)
    done = await operator("netra", "data", "import", str(path), "--email", person.email)
    assert done.exit_code == 0, done.stderr[-600:]
    return Analyst(person=person, rows=rows)


@pytest.fixture(scope="session")
async def answered(analyst: Analyst, target: Target, ledger: Ledger, process_nonce: str) -> Answered:
    """Ask once per process; tests of reading share the run."""
    sockets = Sockets(target, RequestIds(process_nonce), ledger)
    conversation = await converse(sockets, analyst.person, target)
    question = f"{QUESTION} ({process_nonce})"
    accepted = await conversation.ask(question)
    frames = await conversation.follow(accepted["run_id"])
    assert_lawful(bodies(frames))
    await sockets.close()
    return Answered(
        person=analyst.person,
        rows=analyst.rows,
        question=question,
        thread_id=accepted["thread_id"],
        run_id=accepted["run_id"],
        frames=frames,
    )
