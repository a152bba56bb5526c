"""Ready maps: what other tools export, as the fields of a usage event."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from netra.analytics.ingest import helicone, langfuse, litellm
from netra.errors import InvalidError

FormatName = Literal["auto", "columns", "litellm", "langfuse", "helicone"]
"""`auto`: told by the columns; `columns`: each field has a column of its own, as `columns` maps them."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """One tool's export."""

    name: str
    told_by: tuple[frozenset[str], ...]
    """Columns that together tell the format; any of these sets."""
    fields: Callable[[Mapping[str, object]], Mapping[str, object] | None]
    """A row's fields; None when the row is no call of a model."""


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        known.name: known
        for known in (
            Format(name="litellm", told_by=litellm.TOLD_BY, fields=litellm.fields),
            Format(name="langfuse", told_by=langfuse.TOLD_BY, fields=langfuse.fields),
            Format(name="helicone", told_by=helicone.TOLD_BY, fields=helicone.fields),
        )
    }
)


def chosen(asked: FormatName, columns: Sequence[str], mapped: Mapping[str, str]) -> Format | None:
    """The format that was asked for, or that the columns tell; None: each field has its column.

    Raises InvalidError when a map is given beside a format, which has its own.
    """
    if mapped:
        if asked in FORMATS:
            raise InvalidError(f"{asked} has its own map", where="--map", hint="leave out --map or --format")
        return None
    if asked in FORMATS:
        return FORMATS[asked]
    return detected(columns) if asked == "auto" else None


def detected(columns: Sequence[str]) -> Format | None:
    """The format that these columns tell."""
    present = frozenset(columns)
    return next((known for known in FORMATS.values() if any(told <= present for told in known.told_by)), None)
