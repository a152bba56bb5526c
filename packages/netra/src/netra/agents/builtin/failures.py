"""What failed requests cost: no tool says it, so the rows are asked."""

from collections.abc import Mapping

from netra.agents.builtin.words import Group

COUNTED = (
    "count() as failed_requests, countIf(isNull(cost_usd)) as without_price, sum(cost_usd) as cost_of_failures_usd "
    "from events where status != 'ok'"
)
COLUMNS: Mapping[Group, str] = {
    "model": "model",
    "workload": "workload",
    "provider": "provider",
    "day": "toDate(at) as day",
}
WHOLE = f"select {COUNTED}"
GROUPED: Mapping[Group, str] = {
    group: f"select {column}, {COUNTED} group by {group} order by cost_of_failures_usd desc nulls last, {group}"
    for group, column in COLUMNS.items()
}
LEADS: Mapping[str, str] = {
    WHOLE: "**What the failed requests cost**, as recorded:",
    **{sql: f"**What the failed requests cost by {group}**, as recorded:" for group, sql in GROUPED.items()},
}
"""What is said before the rows, by the statement."""


def statement(group: Group | None) -> str:
    """The SQL that adds up what failures cost."""
    return GROUPED[group] if group else WHOLE
