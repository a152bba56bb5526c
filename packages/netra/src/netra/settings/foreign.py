"""Variables that netra's libraries would read by themselves, behind the contract and unseen by the fingerprint."""

from collections.abc import Iterable

from netra.settings.variables import VARIABLES

PREFIXES = ("PG", "OPENAI_", "ANTHROPIC_", "GOOGLE_", "GEMINI_", "OTEL_")
"""Of libpq's variables (asyncpg), of the model clients, and of OpenTelemetry's SDK."""
OWN = frozenset(variable.name for variable in VARIABLES)


def foreign(names: Iterable[str]) -> tuple[str, ...]:
    """Those of these variables that a library would read and the contract does not name."""
    return tuple(sorted(name for name in names if name.startswith(PREFIXES) and name not in OWN))
