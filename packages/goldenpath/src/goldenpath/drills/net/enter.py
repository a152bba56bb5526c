"""`python -m goldenpath.drills.net.enter FOLDER PART COMMAND…`: become a program in one part of a drill site."""

import os
import sys
from pathlib import Path

from goldenpath.drills.net.kernel import enter_network
from goldenpath.drills.net.orders import PARTS_OF_FILE
from goldenpath.drills.net.plan import Files, Part


def command(folder: Path, part: Part, words: tuple[str, ...]) -> tuple[str, ...]:
    """The command line that runs these words in this part."""
    return ("python", "-P", "-m", "goldenpath.drills.net.enter", str(folder), part, *words)


def main() -> None:
    """Go there, and become it."""
    folder, part, *words = sys.argv[1:]
    pids = {
        str(name): pid for name, pid in PARTS_OF_FILE.validate_json(Files(Path(folder)).processes.read_bytes()).items()
    }
    enter_network(pids[part])
    os.execvp(words[0], words)  # noqa: S606 - it becomes that very program


if __name__ == "__main__":
    main()
