"""A collector that takes traces by OTLP over HTTP, as tests meet it: what came, decoded, and how it shall answer."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Received:
    """One span as the collector has it."""

    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    failed: bool
    attributes: dict[str, Any]


@dataclass(kw_only=True)
class Collector:
    """What has come so far."""

    address: str
    status: int = 200
    """How it answers."""
    bodies: list[bytes] = field(default_factory=list[bytes])
    heads: list[str] = field(default_factory=list[str])

    def spans(self) -> list[Received]:
        """Every span, in order of arrival."""
        return [span for body in self.bodies for span in decoded(body)]

    async def until(self, *names: str, within_s: float = 20.0) -> list[Received]:
        """Every span, once spans of these names have come."""
        async with asyncio.timeout(within_s):
            while not set(names) <= {span.name for span in self.spans()}:  # noqa: ASYNC110 - it happens elsewhere
                await asyncio.sleep(0.05)
        return self.spans()


def decoded(body: bytes) -> list[Received]:
    request = ExportTraceServiceRequest.FromString(body)
    return [
        _received(_attributes(group.resource)["service.name"], span)
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _received(service: str, span: Any) -> Received:
    return Received(
        service=service,
        name=span.name,
        kind=span.kind,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        failed=span.status.code == 2,
        attributes=_attributes(span),
    )


def _attributes(holder: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in holder.attributes}


@asynccontextmanager
async def collecting(port: int = 0) -> AsyncGenerator[Collector]:
    """A collector on this port, or on a free one."""
    open_now: set[asyncio.StreamWriter] = set()
    collector = Collector(address="")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = LENGTH.search(head)
                body = await reader.readexactly(int(length[1])) if length else b""
                collector.heads.append(head.decode())
                if collector.status == 200:
                    collector.bodies.append(body)
                writer.write(f"HTTP/1.1 {collector.status} Said\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            open_now.discard(writer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    collector.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield collector
    finally:
        server.close()
        for writer in list(open_now):
            writer.close()
        await server.wait_closed()
