"""Seals tokens of tool servers with the current key, so that the key before it may go."""

import logging

from netra.stores.database import Pool
from netra.tools.mcp import servers
from netra.tools.mcp.tokens import Tokens

LOG = logging.getLogger(__name__)
EVERY_S = 3600.0
"""Keys change with a restart, after which it is done at once."""


async def reseal(pool: Pool, tokens: Tokens) -> int:
    """Seal what an earlier key has sealed; how many. What another process has sealed by then is nothing to do."""
    count = await servers.reseal(pool, tokens.renewed)
    if count:
        LOG.info("tokens of tool servers are sealed with the current key", extra={"count": count})
    return count
