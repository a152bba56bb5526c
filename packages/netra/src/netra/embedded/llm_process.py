"""The process that serves the model: reads its configuration on stdin, serves until a signal ends it.

It is C++ that serves; a crash of it ends this process only.
"""

import importlib
import json
import signal
import sys
from typing import Any


def main() -> None:
    """Load the model and wait."""
    # An optional extra of a hundred megabytes, loaded in this process only.
    # Its compiled part has no types.
    x: Any = importlib.import_module("xllamacpp")

    config = json.load(sys.stdin)
    params = x.CommonParams()
    params.model.path = config["weights"]
    params.model_alias = {config["model"]}
    params.api_keys = [config["api_key"]]
    params.hostnames = ["127.0.0.1"]
    params.port = config["port"]
    params.n_ctx = 8192
    params.n_parallel = 2  # the context is shared by the parallel slots
    params.cpuparams.n_threads = config["threads"]
    params.cpuparams_batch.n_threads = config["threads"]
    params.use_jinja = True
    params.n_gpu_layers = 0
    params.cache_ram_mib = 128  # of prompts seen before; its own default is 8 GiB
    params.verbosity = 0
    params.ui = False
    server = x.Server(params)
    sys.stdout.write(f"serving at {server.listening_address}\n")
    sys.stdout.flush()
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
