"""OTLP trace requests, protobuf or JSON, as plain spans.

https://opentelemetry.io/docs/specs/otlp/: in JSON ids are hexadecimal, 64-bit numbers may be strings, enums are
numbers, and fields that the receiver does not know are ignored.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from netra.errors import InvalidError

Scalar = str | int | float | bool
TRACE_ID_BYTES = 16
SPAN_ID_BYTES = 8
ERROR = 2
"""Of the status codes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """One span with its resource; attributes that are lists or maps are left out."""

    trace_id: bytes
    span_id: bytes
    name: str
    started_ns: int
    ended_ns: int
    failed: bool
    attributes: Mapping[str, Scalar]
    resource: Mapping[str, Scalar]


def from_protobuf(body: bytes) -> list[Span]:
    """The spans of a request in protobuf; raises InvalidError when it is none."""
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise InvalidError(f"the body is no ExportTraceServiceRequest: {error}", where="body") from error
    spans: list[Span] = []
    for group in request.resource_spans:
        resource = _attributes(group.resource.attributes)
        spans += [
            Span(
                trace_id=span.trace_id,
                span_id=span.span_id,
                name=span.name,
                started_ns=span.start_time_unix_nano,
                ended_ns=span.end_time_unix_nano,
                failed=span.status.code == ERROR,
                attributes=_attributes(span.attributes),
                resource=resource,
            )
            for scope in group.scope_spans
            for span in scope.spans
        ]
    return spans


def _attributes(pairs: Sequence[KeyValue]) -> dict[str, Scalar]:
    known = ((pair.key, _scalar(pair.value)) for pair in pairs)
    return {key: value for key, value in known if value is not None}


def _scalar(value: AnyValue) -> Scalar | None:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "int_value":
            return value.int_value
        case "double_value":
            return value.double_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def from_json(body: bytes) -> list[Span]:
    """The spans of a request in JSON; raises InvalidError when it is none."""
    try:
        request = orjson.loads(body)
        return [
            _json_span(span, resource)
            for group in _objects(_object(request), "resourceSpans")
            for resource in [_json_attributes(_given(group, "resource"))]
            for scope in _objects(group, "scopeSpans")
            for span in _objects(scope, "spans")
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidError(f"the body is no OTLP trace request in JSON: {error}", where="body") from error


def _json_span(span: Mapping[str, Any], resource: Mapping[str, Scalar]) -> Span:
    return Span(
        trace_id=bytes.fromhex(span.get("traceId") or ""),
        span_id=bytes.fromhex(span.get("spanId") or ""),
        name=str(span.get("name") or ""),
        started_ns=int(span.get("startTimeUnixNano") or 0),
        ended_ns=int(span.get("endTimeUnixNano") or 0),
        failed=_given(span, "status").get("code") in (ERROR, "STATUS_CODE_ERROR"),
        attributes=_json_attributes(span),
        resource=resource,
    )


def _json_attributes(holder: Mapping[str, Any]) -> dict[str, Scalar]:
    pairs = _objects(holder, "attributes")
    known = ((str(pair["key"]), _json_scalar(_given(pair, "value"))) for pair in pairs)
    return {key: value for key, value in known if value is not None}


def _json_scalar(value: Mapping[str, Any]) -> Scalar | None:
    if "intValue" in value:
        return int(value["intValue"])
    if "doubleValue" in value:
        return float(value["doubleValue"])
    if "boolValue" in value:
        return bool(value["boolValue"])
    return str(value["stringValue"]) if "stringValue" in value else None


def _objects(holder: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    found: Any = holder.get(name)
    if found is None:
        found = []
    if not isinstance(found, list):
        message = f"{name} is not a list"
        raise TypeError(message)
    return (_object(item) for item in cast("list[Any]", found))


def _given(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object under this name; an empty one when there is none."""
    found = holder.get(name)
    return {} if found is None else _object(found)


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        message = "something that should be an object is none"
        raise TypeError(message)
    return cast("dict[str, Any]", value)
