"""Keeps what a thread was about: after a run whose memory overflowed, the digest is stored for the runs that follow."""

import asyncio
import logging
from typing import Protocol

from netra.agents.memory import Memory, Shortened, faithful, fold, transcript
from netra.agents.steps import Client
from netra.runs.leases import Claim
from netra.runs.log import QUERIES
from netra.stores.database import Executor
from netra.stores.postgres import FAILURES

LOG = logging.getLogger(__name__)
PATIENCE_S = 20.0
"""A summary that takes longer is not waited for: nobody asked for it."""
BUILTIN = "builtin"


class Shortener(Protocol):
    """Shortens a conversation, when a model serves."""

    async def shorten(self, whose: Client, text: str, seconds: float) -> Shortened | None:
        """The summary, or None when there is none in that time."""
        ...


async def keep(database: Executor, claim: Claim, memory: Memory, shortener: Shortener | None) -> None:
    """Store the digest of what did not fit, so that it is folded once; what fails here the next run does."""
    if not memory.folded:
        return
    try:
        async with asyncio.timeout(2 * PATIENCE_S):
            made = await _made(claim, memory, shortener)
            await database.execute(QUERIES["remember"], claim.thread_id, memory.through, made.text, made.analyst)
    except (TimeoutError, *FAILURES) as error:
        LOG.warning("the memory of thread %s is not kept: %s", claim.thread_id, type(error).__name__)


async def _made(claim: Claim, memory: Memory, shortener: Shortener | None) -> Shortened:
    source = transcript(claim.digest, memory.folded)
    made = await shortener.shorten(claim.client, source, PATIENCE_S) if shortener else None
    if made is not None and faithful(made.text, source):
        return made
    return Shortened(text=fold(claim.digest, memory.folded), analyst=BUILTIN)
