"""What a question is grouped by, and how many groups it may list."""

from typing import Literal

from pydantic import Field

from netra.analytics.scope import Scope

Grouping = Literal["all", "model", "workload", "provider", "day"]


class Grouped(Scope):
    """A scope and what to group it by."""

    by: Grouping = Field(default="all", description="One result row for each of these; `all` gives one row.")
    limit: int = Field(default=50, ge=1, le=1000, description="List at most this many groups.")

    def parameters(self) -> dict[str, str | int]:
        """The grouping as query parameters."""
        return {"by": self.by, "limit": self.limit}
