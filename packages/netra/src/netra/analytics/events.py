"""One usage event: a request to a model, as it is stored."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import orjson

from netra.analytics.scope import timestamp


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageEvent:
    """A request to a model. A plain record, not a pydantic one: an import makes hundreds of thousands."""

    at: datetime
    workload: str
    model: str
    provider: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    """Of the input tokens those that the provider had kept."""
    latency_ms: float | None = None
    cost_usd: Decimal | None = None
    """None when the model has no known price."""
    status: str = "ok"
    """`ok`, or how the request failed."""
    dimensions: dict[str, str] = field(default_factory=dict[str, str])


class Identities:
    """Gives each event of one file an id that is the same whenever the file is imported again.

    The id is made of the tenant, the event's content and its ordinal among equal events of the file. So a file that
    has grown adds only its new rows, and two truly equal requests within a file both count. Content is everything the
    file says; a price looked up is not part of it, so that a newer catalogue does not double the data.
    """

    def __init__(self, tenant_id: UUID, source: str) -> None:
        """Count from nothing; files of different `source` never share an event."""
        self._salt = tenant_id.bytes + source.encode()
        self._seen: dict[bytes, int] = {}

    def of(self, event: UsageEvent, stated_cost: Decimal | None) -> UUID:
        """The event's id; `stated_cost` is the cost that the file itself gave."""
        content = orjson.dumps(
            [
                event.at.isoformat(),
                event.workload,
                event.model,
                event.input_tokens,
                event.output_tokens,
                event.latency_ms,
                None if stated_cost is None else str(stated_cost),
                event.status,
                sorted(event.dimensions.items()),
            ]
        )
        return UUID(bytes=self.of_content(content))

    def of_content(self, content: bytes) -> bytes:
        """The 16 bytes of the id of an event with this content, which `of` makes."""
        digest = hashlib.sha256(self._salt + content).digest()[:16]
        ordinal = self._seen[digest] = self._seen.get(digest, -1) + 1
        return hashlib.sha256(digest + ordinal.to_bytes(8)).digest()[:16]

    def named(self, kind: str, name: str) -> UUID:
        """The id of an event that has one where it comes from, such as in an export of this kind."""
        return UUID(bytes=hashlib.sha256(self._salt + kind.encode() + b"\x00" + name.encode()).digest()[:16])


def row(event: UsageEvent, *, tenant_id: UUID, event_id: UUID, import_id: UUID) -> dict[str, object]:
    """The event as a row of the table, by column."""
    return {
        "tenant_id": tenant_id,
        "event_id": event_id,
        "import_id": import_id,
        "at": timestamp(event.at),
        "workload": event.workload,
        "model": event.model,
        "provider": event.provider,
        "input_tokens": event.input_tokens,
        "output_tokens": event.output_tokens,
        "cached_tokens": event.cached_tokens,
        "latency_ms": event.latency_ms,
        "cost_usd": None if event.cost_usd is None else f"{event.cost_usd:f}",
        "status": event.status,
        "dimensions": event.dimensions,
    }
