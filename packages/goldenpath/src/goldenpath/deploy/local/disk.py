"""Files that are either whole or not there, and locks that end with their process."""

import asyncio
import fcntl
import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

PRIVATE = 0o600
PRIVATE_FOLDER = 0o700
POLL_S = 0.01


def write_whole(path: Path, text: str) -> None:
    """Replace the file's content at once, readable by its owner only; it survives a crash."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    _sync_folder(path.parent)


def write_json(path: Path, value: object) -> None:
    """Replace the file's content by this value as JSON."""
    write_whole(path, json.dumps(value, indent=1) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object of a file; empty when there is no file."""
    try:
        return cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def private_folder(path: Path) -> Path:
    """The folder, made if need be, that only its owner may enter."""
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    return path


@asynccontextmanager
async def locked(path: Path) -> AsyncGenerator[None]:
    """Hold this lock for the block; waits for another task or process that has it."""
    while (descriptor := try_lock(path)) is None:  # noqa: ASYNC110 - another process's lock has no event
        await asyncio.sleep(POLL_S)
    try:
        yield
    finally:
        os.close(descriptor)


def try_lock(path: Path) -> int | None:
    """Take this lock for good; the open descriptor holds it. None when another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
