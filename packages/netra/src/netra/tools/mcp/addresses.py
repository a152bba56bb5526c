"""Where a server that a tenant names may be: nowhere that only we can reach, unless whoever runs netra listed it."""

import asyncio
import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from netra.errors import InvalidError, ToolError

MOST_CHARACTERS = 500
HTTPS = 443
FIRST_FREE_PORT = 1024
RESOLVE_S = 5.0
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses that a gateway turns into IPv4 ones (RFC 6052)."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Which addresses tenants may name."""

    private: Collection[str] = ()
    """MCP_PRIVATE_ORIGINS: origins that may be anywhere, and http too."""

    def check(self, url: str) -> None:
        """Raise InvalidError unless the address may be tried at all; names are looked up when it is used."""
        parts = _parts(url)
        if origin(parts) in self.private:
            return
        if parts.scheme != "https":
            raise _refused("only https is taken")
        if parts.port not in {None, HTTPS} and (parts.port or 0) < FIRST_FREE_PORT:
            raise _refused("ports below 1024 are not taken, save 443")
        host = parts.hostname or ""
        if "." not in host and ":" not in host:
            raise _refused("the host must be a full name or a public address")
        if (literal := _literal(host)) and not public(literal):
            raise _refused("the address is not a public one")

    async def reach(self, url: str) -> str:
        """The address to connect to; raises ToolError when the name leads to none, or to one that is not public."""
        parts = _parts(url)
        host, port = parts.hostname or "", parts.port or (HTTPS if parts.scheme == "https" else 80)
        try:
            async with asyncio.timeout(RESOLVE_S):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError) as error:
            raise ToolError(f"The host {host} does not resolve.", where="mcp") from error
        addresses = [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in found]
        if origin(parts) not in self.private and not all(map(public, addresses)):
            raise ToolError(f"The host {host} leads to an address that is not public.", where="mcp")
        return str(addresses[0])


def public(address: Address) -> bool:
    """Whether the whole internet reaches this address; one that wraps another is judged by that one too."""
    wrapped: list[Address | None] = []
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in TRANSLATED:
            wrapped.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if any(wrapped):
            return all(public(inner) for inner in wrapped if inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def origin(parts: SplitResult) -> str:
    """Scheme, host and port, as settings write them."""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise _refused("it cannot be read") from error
    if len(url) > MOST_CHARACTERS or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _refused("it cannot be read")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _refused("it must begin with https://")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused("it may hold neither a login nor a fragment")
    return parts


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _refused(why: str) -> InvalidError:
    return InvalidError(f"the address of the server: {why}", where="url", hint="give its public https address")
