"""HTTP to a server that a tenant named: to the very address that was judged, without redirects, and not for ever."""

from collections.abc import AsyncGenerator
from typing import Any

import httpx2
from pydantic import SecretStr

from netra.errors import ToolError
from netra.tools.mcp.addresses import Rules

MOST_BYTES = 4_000_000
CONNECT_S = 5.0
READ_S = 20.0
REFUSED = frozenset({401, 403})


class Pinned(httpx2.AsyncBaseTransport):
    """Looks the host up, judges what it finds, and connects to that: a second look-up could find something else."""

    def __init__(self, rules: Rules) -> None:
        """Judge by these rules."""
        self._rules = rules
        # No environment: a proxy could reach what we refuse.
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request to the address that the host leads to now."""
        host = request.url.host
        address = await self._rules.reach(str(request.url))
        request.url = request.url.copy_with(host=address)
        request.extensions = {**request.extensions, "sni_hostname": host}
        response = await self._inner.handle_async_request(request)
        if response.is_redirect:
            await response.aclose()
            raise ToolError(f"The server at {host} sends elsewhere, which is not followed.", where="mcp")
        if response.status_code in REFUSED:
            await response.aclose()
            said = "refuses the token" if "authorization" in request.headers else "wants a token"
            raise ToolError(f"The server at {host} {said} (HTTP {response.status_code}).", where="token")
        response.stream = _Bounded(response.stream)
        return response

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > MOST_BYTES:
                raise ToolError(f"The server's answer is larger than {MOST_BYTES} bytes.", where="mcp")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def client(rules: Rules, token: SecretStr | None) -> httpx2.AsyncClient:
    """A client for one conversation, in which every request carries the token (RFC 6750), if there is one."""
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
    timeout = httpx2.Timeout(CONNECT_S, read=READ_S)
    return httpx2.AsyncClient(
        transport=Pinned(rules), headers=headers, timeout=timeout, trust_env=False, follow_redirects=False
    )
