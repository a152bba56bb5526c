"""The door of traces: OTLP over HTTP, from any application that is instrumented by the GenAI conventions."""

import asyncio
import zlib
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from pydantic import BaseModel, ConfigDict, Field

from netra.analytics import traced
from netra.analytics.events import UsageEvent
from netra.analytics.ingest.genai import event_of, identity
from netra.analytics.ingest.spans import Span, from_json, from_protobuf
from netra.analytics.pricing import PriceCatalogue
from netra.errors import InvalidError, TooLargeError, UnsupportedMediaError
from netra.web.access import Here, Sender
from netra.web.errors import REFUSED, documented

router = APIRouter(tags=["data"])
PATH = "/v1/traces"
"""Where the OpenTelemetry exporters send to, after OTEL_EXPORTER_OTLP_ENDPOINT."""
PROTOBUF = "application/x-protobuf"
JSON = "application/json"
SENT_BYTES = 8 * 1024 * 1024
"""What a request may be on the wire; an exporter's usual batch of 512 spans with texts is below 2 MiB."""
OPENED_BYTES = 64 * 1024 * 1024
"""What it may be once it is decompressed."""
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "description": "ExportTraceServiceRequest in OTLP's JSON; as bytes of protobuf it is taken too.",
                    "properties": {"resourceSpans": {"type": ["array", "null"], "items": {"type": "object"}}},
                }
            }
        },
    }
}


class PartialSuccess(BaseModel):
    """What of the request was not taken, and why."""

    model_config = ConfigDict(frozen=True)

    rejected_spans: int = Field(serialization_alias="rejectedSpans")
    error_message: str = Field(serialization_alias="errorMessage")


class Export(BaseModel):
    """OTLP's answer; empty when everything was taken."""

    model_config = ConfigDict(frozen=True)

    partial_success: PartialSuccess | None = Field(default=None, serialization_alias="partialSuccess")


class Taken(BaseModel):
    """What a request held."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    events: tuple[tuple[UUID, UsageEvent], ...]
    refused: tuple[str, ...]


@router.post(
    PATH,
    response_model=Export,
    response_model_exclude_none=True,
    responses=REFUSED | documented(UnsupportedMediaError, TooLargeError),
    openapi_extra=BODY,
)
async def export_traces(
    request: Request,
    caller: Sender,
    here: Here,
    content_type: Annotated[str, Header(include_in_schema=False)] = "",
    content_encoding: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Take spans; each call of a model becomes one usage event, however often it is sent. Others are let pass."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in {PROTOBUF, JSON}:
        raise UnsupportedMediaError(f"{kind or 'nothing'} is not taken", where="content-type", hint=f"send {PROTOBUF}")
    body = await request.body()
    # A large request takes a second to read: other conversations go on meanwhile.
    taken = await asyncio.to_thread(_taken, body, kind, content_encoding.strip().lower(), caller.tenant_id)
    await traced.keep(here.pool, caller.tenant_id, taken.events)
    return _answer(kind, taken.refused)


def _taken(body: bytes, kind: str, encoding: str, tenant_id: UUID) -> Taken:
    opened = _opened(body, encoding)
    spans = from_json(opened) if kind == JSON else from_protobuf(opened)
    prices = PriceCatalogue()
    outcomes: list[tuple[Span, UsageEvent | str | None]] = [(span, event_of(span, prices)) for span in spans]
    return Taken(
        events=tuple((identity(tenant_id, span), event) for span, event in outcomes if isinstance(event, UsageEvent)),
        refused=tuple(why for _, why in outcomes if isinstance(why, str)),
    )


def _opened(body: bytes, encoding: str) -> bytes:
    """The body decompressed, as long as it stays within its limit."""
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "deflate"}:
        raise UnsupportedMediaError(f"{encoding:.40} is not decompressed", where="content-encoding", hint="use gzip")
    stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        opened = stream.decompress(body, OPENED_BYTES)
    except zlib.error as error:
        raise InvalidError(f"the body is not {encoding}: {error}", where="body") from error
    if stream.unconsumed_tail:
        raise TooLargeError(f"the body is over {OPENED_BYTES} bytes when it is decompressed", where="body")
    if not stream.eof:
        raise InvalidError(f"the body is not all of its {encoding}", where="body")
    return opened


def _answer(kind: str, refused: tuple[str, ...]) -> Response:
    """In the encoding that was asked in."""
    if kind == PROTOBUF:
        told = ExportTraceServiceResponse()
        if refused:
            told.partial_success.rejected_spans = len(refused)
            told.partial_success.error_message = refused[0]
        return Response(told.SerializeToString(), media_type=PROTOBUF)
    partial = PartialSuccess(rejected_spans=len(refused), error_message=refused[0]) if refused else None
    return Response(Export(partial_success=partial).model_dump_json(by_alias=True, exclude_none=True), media_type=JSON)
