"""How a command reaches the supervisor: finds it, starts it, asks it, and notices when it was killed."""

import asyncio
import os
import signal
import sys
from typing import Any, cast

from goldenpath.deploy.local.disk import read_json, try_lock
from goldenpath.deploy.local.layout import Layout
from goldenpath.deploy.local.proc_table import Entry, boot_id, family, send, table
from goldenpath.deploy.local.site import process_environ
from goldenpath.deploy.local.wire import MAX_LINE, Answer, Request, decode_answer, encode_request
from goldenpath.errors import DeployError, StateError

LAUNCH_S = 15.0
FAREWELL_S = 10.0
"""What the processes of a killed supervisor may take to end by themselves."""
POLL_S = 0.02


async def until_gone(layout: Layout) -> None:
    """Return when the supervisor has ended."""
    while stands(layout):  # noqa: ASYNC110 - another process's end has no event
        await asyncio.sleep(POLL_S)


def stands(layout: Layout) -> bool:
    """Whether a supervisor lives: it holds its lock until it ends, however it ends."""
    if not layout.supervisor_lock.exists():
        return False
    descriptor = try_lock(layout.supervisor_lock)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def was_killed(layout: Layout) -> bool:
    """Whether a supervisor ended without taking leave."""
    return layout.supervisor.exists() and not stands(layout)


async def ask(layout: Layout, request: Request) -> Answer:
    """Ask the supervisor; StateError when there is none, DeployError when it says no."""
    if not stands(layout):
        said = "its supervisor was killed" if layout.supervisor.exists() else "nothing runs"
        raise StateError(said, where=layout.root.name, hint="run `goldenpath deploy`")
    door = read_json(layout.supervisor)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(door["port"]), limit=MAX_LINE)
        writer.write(encode_request(request, str(door["token"])))
        line = await reader.readline()
        writer.close()
    except (OSError, KeyError) as error:
        raise StateError("the supervisor does not answer", where=layout.root.name) from error
    if not line:
        raise StateError("the supervisor hung up", where=layout.root.name, hint=f"see {layout.supervisor_log}")
    answer = decode_answer(line)
    if answer.error:
        raise DeployError(answer.error, where=request.type)
    return answer


async def launch(layout: Layout) -> None:
    """Start the supervisor and return when its door is open. Hold the lock."""
    out = os.open(layout.supervisor_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "goldenpath.deploy.local.supervisor", str(layout.root)),
            env=process_environ({}),
            cwd=layout.root,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=out,
        )
    finally:
        os.close(out)
    said, _ = await asyncio.wait_for(process.communicate(), LAUNCH_S)
    if said != b"ready\n":
        raise DeployError("the supervisor did not start", where=layout.root.name, hint=f"see {layout.supervisor_log}")


async def clear_away(layout: Layout) -> int:
    """Wait for what a killed supervisor left behind, and end what stays; how many processes there were."""
    found = left_behind(layout)
    deadline = asyncio.get_running_loop().time() + FAREWELL_S
    asked = False
    while left := left_behind(layout):
        late = asyncio.get_running_loop().time() > deadline
        if late or not asked:
            send(left, signal.SIGKILL if late else signal.SIGTERM)
            asked = True
        await asyncio.sleep(POLL_S)
    layout.children.unlink(missing_ok=True)
    layout.supervisor.unlink(missing_ok=True)
    return len(found)


def left_behind(layout: Layout) -> tuple[Entry, ...]:
    """Living processes of a supervisor's children, as far as its record goes."""
    record = read_json(layout.children)
    if record.get("boot") != boot_id():
        return ()
    entries = table()
    children = cast("list[dict[str, Any]]", record["children"])
    return tuple(e for c in children for e in family(entries, int(c["pid"]), int(c["start_ticks"])))
