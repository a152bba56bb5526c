"""ClickHouse through its HTTP door: a first statement is the log-in, a second on the same connection the query."""

import re

import httpx

from goldenpath.probes import http
from goldenpath.probes.address import Target
from goldenpath.probes.dns import SockAddr
from goldenpath.probes.phase import Phase, timed
from goldenpath.probes.signatures import BY_CLICKHOUSE_CODE

PING_PATH = "/ping"
_CODE = "X-ClickHouse-Exception-Code"
_CODE_TEXT = re.compile(r"Code: (\d+)")
"""Where the code stands when something on the way has dropped the header."""
_REFUSED = (401, 403)


async def log_in(target: Target, address: SockAddr, timeout_s: float) -> tuple[Phase, ...]:
    """The phases auth (with a connection of its own) and query."""
    async with http.client(target, address, timeout_s) as client:
        auth, answer = await timed("auth", post(client, target), timeout_s, http.error_name)
        if answer is None or not answer.is_success:
            return (judged(auth, answer),)
        query, answer = await timed("query", post(client, target), timeout_s, http.error_name)
        return auth, judged(query, answer)


async def post(client: httpx.AsyncClient, target: Target, sql: str = "select 1") -> httpx.Response:
    """Send one statement with the target's log-in."""
    headers = {"X-ClickHouse-User": target.user, "X-ClickHouse-Key": target.password.get_secret_value()}
    return await client.post(
        f"{target.path}/",
        params={"database": target.database} if target.database else {},
        headers={name: value for name, value in headers.items() if value},
        content=sql.encode(),
        extensions=http.sni(target),
    )


def judged(phase: Phase, answer: httpx.Response | None) -> Phase:
    """The phase with the error that this answer means, if it means one."""
    if answer is None or answer.is_success:
        return phase
    named = _CODE_TEXT.search(answer.text)
    code = answer.headers.get(_CODE) or (named[1] if named else "")
    fallback = "bad_password" if answer.status_code in _REFUSED else f"other: HTTP {answer.status_code}"
    text = f"HTTP {answer.status_code}, code {code or 'none'}: {answer.text[:300]}"
    return Phase(name=phase.name, error=BY_CLICKHOUSE_CODE.get(code, fallback), text=text)
