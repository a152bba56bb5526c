"""Seals tokens of tool servers with the current key, so that the key before it may go."""

import logging
from contextlib import AbstractAsyncContextManager

from netra.stores.database import Pool
from netra.stores.repeating import repeating
from netra.tools.mcp.servers import reseal
from netra.tools.mcp.tokens import Tokens

LOG = logging.getLogger(__name__)
EVERY_S = 3600.0
"""Keys change with a restart, after which it is done at once."""


class Sealer:
    """Any number of processes may have one: what one has sealed is nothing to do for the next."""

    def __init__(self, pool: Pool, tokens: Tokens) -> None:
        """Seal in this database with the keys of `tokens`."""
        self._pool = pool
        self._tokens = tokens

    def repeated(self) -> AbstractAsyncContextManager[None]:
        """Seal what is due, again and again for the length of a block."""
        return repeating("the sealing of tokens", self.seal, EVERY_S)

    async def seal(self) -> int:
        """Seal what an earlier key has sealed; how many."""
        count = await reseal(self._pool, self._tokens.renewed)
        if count:
            LOG.info("tokens of tool servers are sealed with the current key", extra={"count": count})
        return count
