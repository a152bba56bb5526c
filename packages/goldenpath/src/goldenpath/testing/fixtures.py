"""The fixtures a test of a deployed system may ask for; registered only when a target is given."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from goldenpath.testing.doors import Operator, RequestIds, Sockets, open_door
from goldenpath.testing.ledger import Ledger
from goldenpath.testing.nonce import nonce_of
from goldenpath.testing.recorder import LEDGER, SESSION
from goldenpath.testing.target import Session, Target


@pytest.fixture(scope="session")
def session_plan(pytestconfig: pytest.Config) -> Session:
    """What this test process was told."""
    return pytestconfig.stash[SESSION]


@pytest.fixture(scope="session")
def ledger(pytestconfig: pytest.Config) -> Ledger:
    """Where clients note who answered."""
    return pytestconfig.stash[LEDGER]


@pytest.fixture(scope="session")
def target(session_plan: Session) -> Target:
    """The deployed revision under test."""
    return session_plan.target


@pytest.fixture(scope="session")
def operator(target: Target) -> Operator:
    """Runs an operator command in the environment of the deployed revision."""
    return Operator(target)


@pytest.fixture(scope="session")
def process_nonce(session_plan: Session, pytestconfig: pytest.Config) -> str:
    """A mark for what several tests of one test process share, such as an account."""
    worker = str(getattr(pytestconfig, "workerinput", {}).get("workerid", "main"))
    return nonce_of(session_plan.mark, f"process/{worker}")


@pytest.fixture
def nonce(session_plan: Session, request: pytest.FixtureRequest) -> str:
    """The mark of this test: plant it wherever the system keeps text."""
    return nonce_of(session_plan.mark, request.node.nodeid)


@pytest.fixture
def request_ids(nonce: str) -> RequestIds:
    """The ids of this test's requests, shared by all its clients."""
    return RequestIds(nonce)


@pytest_asyncio.fixture
async def door(target: Target, request_ids: RequestIds, ledger: Ledger) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client on the target's base URL whose requests carry the nonce."""
    async with open_door(target, request_ids, ledger) as client:
        yield client


@pytest_asyncio.fixture
async def socket(target: Target, request_ids: RequestIds, ledger: Ledger) -> AsyncIterator[Sockets]:
    """Opens WebSockets to the target whose handshakes carry the nonce."""
    sockets = Sockets(target, request_ids, ledger)
    yield sockets
    await sockets.close()
