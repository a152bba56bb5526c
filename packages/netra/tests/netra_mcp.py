"""A real server of the Model Context Protocol in a process of its own, and where it listens."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from netra_runs import eventually

from netra.embedded.ports import free_port

PROGRAM = Path(__file__).parent / "netra_mcp_server.py"
WAIT_S = 30.0


@asynccontextmanager
async def served(sent: Path, token: str = "") -> AsyncGenerator[str]:
    """The origin of a running server; what its tool `send` is told ends up in this file."""
    port = free_port()
    words = (str(PROGRAM), str(port), str(sent), *((token,) if token else ()))
    process = await asyncio.create_subprocess_exec(sys.executable, *words)
    try:
        await eventually(lambda: _listens(port), WAIT_S)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
