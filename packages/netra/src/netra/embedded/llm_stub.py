"""The scripted model as a server of the stack: `netra embedded llm --stub`."""

import json
import sys

from pydantic import SecretBytes

from netra.embedded.llm import answers
from netra.embedded.options import ModelOptions
from netra.embedded.ports import claim
from netra.embedded.process import Launch
from netra.embedded.server import Server, serving
from netra.embedded.stub.script import Script


async def start_stub(options: ModelOptions, script: Script) -> Server:
    """Start it, and return once the key was accepted."""
    claim("llm", options.port)
    config = {
        "port": options.port,
        "model": options.model,
        "api_key": options.api_key.get_secret_value(),
        "script": script.model_dump(mode="json"),
    }
    launch = Launch(
        component="llm",
        argv=(sys.executable, "-P", "-m", "netra.embedded.stub"),
        log=options.log,
        config=SecretBytes(json.dumps(config).encode()),
    )
    return await serving(launch, lambda: answers(options, "/stub/requests"), within_s=options.within_s)
