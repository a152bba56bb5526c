"""Loads peers whose scripted model waits between pieces, with the scripts of a peers folder; prints their JSON lines.

`python paced_peers.py FOLDER WORK PEERS CLIENTS RUNS PAUSE_S`: what `bench.py load` does, but with a `slow:` question,
which its command line cannot ask.
"""

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any


def main(folder: str, work: str, names: str, *load: str) -> None:
    """Start each peer, load it, end it."""
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    bench: Any = importlib.import_module("bench")
    bench_run = bench.Bench(Path(work), argparse.Namespace(ntok=50, latest=False))
    clients, runs, pause_s = load
    how = ("--conc", clients, "--runs", runs, "--text", f"slow:{pause_s}")
    try:
        for name in names.split(","):
            server, base, _ = bench_run.start(name)
            for kind in bench.PEERS[name].kinds:
                for line in bench_run.client("load.py", kind, base, *how, "--pid", server.pid):
                    print(json.dumps({"peer": name, **line}), flush=True)
            server.kill()
    finally:
        bench_run.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
