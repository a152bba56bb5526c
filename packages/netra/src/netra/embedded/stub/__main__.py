"""The process of the stub: reads its configuration on stdin, then serves until a signal ends it."""

import asyncio
import sys

from pydantic import BaseModel, ConfigDict, SecretStr

from netra.embedded.stub.script import Script
from netra.embedded.stub.server import Stub


class Config(BaseModel):
    """What the launcher says."""

    model_config = ConfigDict(frozen=True)

    port: int
    model: str
    api_key: SecretStr
    script: Script


async def main(config: Config) -> None:
    """Serve."""
    stub = Stub(model=config.model, api_key=config.api_key, script=config.script)
    server = await stub.serve(config.port)
    sys.stdout.write(f"serving at 127.0.0.1:{config.port}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Config.model_validate_json(sys.stdin.read())))
