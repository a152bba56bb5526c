"""The third wall, which ClickHouse itself keeps: read-only, one tenant's rows of every table, bounded in cost."""

import re
from collections.abc import Mapping
from uuid import UUID

from netra.analytics.database import Setting
from netra.analytics.schema import steps

CREATED = re.compile(r"\bcreate\s+(?:table|materialized\s+view)\s+if\s+not\s+exists\s+(\w+)", re.IGNORECASE)
TABLES = tuple(sorted({name for step in steps() for name in CREATED.findall(step.sql)}))
"""Every table of usage data there is."""
COSTS: Mapping[str, Setting] = {
    "max_threads": 2,
    "max_memory_usage": 400_000_000,
    "max_result_bytes": 1_000_000,
    "max_subquery_depth": 20,
    "max_recursive_cte_evaluation_depth": 100,
}


def wall(tenant_id: UUID) -> dict[str, Setting]:
    """The settings of one statement; `readonly` keeps the statement from changing any of them."""
    # A UUID's text has no quotation mark to escape.
    filters = ", ".join(f"'{table}': 'tenant_id = \\'{tenant_id}\\''" for table in TABLES)
    return {**COSTS, "additional_table_filters": f"{{{filters}}}", "readonly": 1}
