"""The AsyncAPI document of `/ws`, made from the types that the socket reads and writes."""

from functools import cache
from typing import Any, get_args

from fastapi import APIRouter
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from netra import __version__
from netra.events.union import Event
from netra.web.endings import DESCRIBED
from netra.web.frames import ClientFrame, ServerFrame

router = APIRouter()
REF = "#/components/schemas/{model}"
ENDINGS = "\n".join(f"- {code}: {meaning}" for code, meaning in DESCRIBED.items())
DESCRIPTION = f"""\
One open socket carries any number of runs. It opens with an access token or an API key, as a bearer header or as the
subprotocols `bearer, <token>`; a refusal is an HTTP response before anything is accepted. The first frame is `ready`.
A run's events have a gapless `seq`: after a lost connection `resume` with the last one that was seen continues there.
Both ends send WebSocket pings; an end that answers none within two heartbeats is given up.

Close codes:
{ENDINGS}"""


@router.get("/api/asyncapi.json", include_in_schema=False)
async def served() -> dict[str, Any]:
    """The document."""
    return document()


@cache
def document() -> dict[str, Any]:
    """The document, as JSON."""
    said = _models(ClientFrame)
    heard = (*get_args(ServerFrame), *_models(Event))
    schemas = {**_schemas(said, "validation"), **_schemas(heard, "serialization")}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "netra", "version": __version__, "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {
            "socket": {
                "address": "/ws",
                "messages": {_kind(m): {"$ref": f"#/components/messages/{_kind(m)}"} for m in (*said, *heard)},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": {
            "serve": _operation("receive", "What a client may send.", said),
            "tell": _operation("send", "What a client receives: answers to its frames, and events of runs.", heard),
        },
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "messages": {_kind(m): _message(m) for m in (*said, *heard)},
            "schemas": schemas,
        },
    }


def _models(union: Any) -> tuple[type[BaseModel], ...]:
    """The members of an annotated tagged union."""
    return get_args(get_args(union)[0])


def _kind(model: type[BaseModel]) -> str:
    kind: str = model.model_fields["type"].default
    return kind


def _message(model: type[BaseModel]) -> dict[str, Any]:
    data = model.model_fields.get("data")
    described = data.annotation if data and data.annotation else model
    return {
        "name": _kind(model),
        "summary": (described.__doc__ or "").splitlines()[0],
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
    }


def _operation(action: str, summary: str, models: tuple[type[BaseModel], ...]) -> dict[str, Any]:
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": "#/channels/socket"},
        "security": [{"$ref": "#/components/securitySchemes/bearer"}],
        "messages": [{"$ref": f"#/channels/socket/messages/{_kind(m)}"} for m in models],
    }


def _schemas(models: tuple[type[BaseModel], ...], mode: JsonSchemaMode) -> dict[str, Any]:
    _, made = TypeAdapter.json_schemas([(model, mode, TypeAdapter(model)) for model in models], ref_template=REF)
    schemas: dict[str, Any] = made["$defs"]
    return {name: _tagged(schema) for name, schema in schemas.items()}


def _tagged(schema: dict[str, Any]) -> dict[str, Any]:
    """A frame's `type` tells which it is, so that it is never left out."""
    kind = schema.get("properties", {}).get("type", {})
    if "const" not in kind:
        return schema
    return {**schema, "required": sorted({*schema.get("required", ()), "type"})}
