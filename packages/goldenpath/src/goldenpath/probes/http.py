"""HTTP to an address already resolved: name and certificate stay those of the configured host."""

import httpx

from goldenpath.probes import tls
from goldenpath.probes.address import Target
from goldenpath.probes.dns import SockAddr
from goldenpath.probes.phase import CLOSED, described

SERVER_ERROR = 500


def greeting(target: Target, path: str) -> bytes:
    """The smallest request to which any HTTP server answers."""
    head = f"GET {path or '/'} HTTP/1.1\r\nHost: {target.authority}\r\nConnection: close\r\nAccept: */*\r\n\r\n"
    return head.encode()


def client(target: Target, address: SockAddr, timeout_s: float) -> httpx.AsyncClient:
    """A client that connects to this address and asks as if for the configured host."""
    host, port = address[1]
    bracketed = f"[{host}]" if ":" in host else host
    return httpx.AsyncClient(
        base_url=f"{'https' if target.tls else 'http'}://{bracketed}:{port}",
        headers={"Host": target.authority},
        verify=tls.context(target) if target.tls else False,
        trust_env=False,
        timeout=timeout_s,
    )


def sni(target: Target) -> dict[str, str]:
    """The request extension by which TLS asks for the configured host."""
    return {"sni_hostname": target.host} if target.tls else {}


def error_name(error: Exception) -> str:
    """The short name of what httpx raised."""
    match error:
        case httpx.TimeoutException():
            return "timeout"
        case httpx.RemoteProtocolError() | httpx.ReadError() | httpx.WriteError():
            return CLOSED
        case _:
            return f"other: {described(error)}"
