"""The process of the door: reads its configuration on stdin, then serves until a signal ends it."""

import json
import sys

from netra.embedded.door.engine import Engine
from netra.embedded.door.request import Login
from netra.embedded.door.server import Door


def main() -> None:
    """Open the engine, bind the port, serve."""
    config = json.load(sys.stdin)
    engine = Engine(config["data"])
    engine.create_database(config["database"])
    login = Login(user=config["user"], password=config["password"])
    with Door(config["port"], engine, login) as door:
        sys.stdout.write(f"serving at 127.0.0.1:{config['port']}\n")
        sys.stdout.flush()
        door.serve_forever()


if __name__ == "__main__":
    main()
