"""Causes in the schema of a datastore, and in what it knows of its tables."""

from collections.abc import Callable

from pydantic import JsonValue

from goldenpath.diagnosis.evidence import Evidence
from goldenpath.diagnosis.places import components, schema, with_nothing
from goldenpath.diagnosis.readers import server, waits
from goldenpath.diagnosis.readers.combine import either
from goldenpath.diagnosis.rule import CauseRule, Prediction, Site, always

Detail = Callable[[Evidence, Site], dict[str, JsonValue]]
SQL = frozenset({"postgres", "clickhouse"})
DECOYS = ("process_dead", "route_broken", "credentials_refused")
_lacks = server.schema_lacks("table", "column")
_matters = either(
    server.unique_index_lost, server.tables_are_read_whole, server.statements_are_slow, waits.over_budget("query")
)


def _places(evidence: Evidence) -> tuple[Site, ...]:
    """Each datastore with a schema; the server itself is well, and yet what is in it changes what it does."""
    migrated = {site.component: site.nodes for site in schema(evidence)}
    found = components(only=SQL)(evidence)
    return tuple(site.model_copy(update={"nodes": (*site.nodes, *migrated.get(site.component, ()))}) for site in found)


def _relations(evidence: Evidence, site: Site) -> str:
    return f"the schema of {site.component} lost something that is in use: {_lacks(evidence, site).words}"


def _index(evidence: Evidence, site: Site) -> str:
    return f"an index of {site.component} is gone: {server.schema_lacks('index')(evidence, site).words}"


def _statistics(evidence: Evidence, site: Site) -> str:
    return f"{site.component} plans by old statistics: {server.statistics_are_stale(evidence, site).words}"


def _slow(evidence: Evidence, site: Site) -> str:
    return f"statements hold {site.component} up: {server.statements_are_slow(evidence, site).words}"


def _lost(kind: str) -> Detail:
    def detail(evidence: Evidence, site: Site) -> dict[str, JsonValue]:
        return {kind: [*server.lost(evidence, site, kind)]}

    return detail


RULES = (
    CauseRule(
        id="relation_missing",
        claim="a table or column of {component} is missing",
        places=_places,
        statement=_relations,
        mechanism="statements that name it fail; all others go well",
        missing_control="a migration that takes something away is refused while a revision that uses it serves",
        must=(Prediction(states="the schema against the last good one", read=_lacks, probe="server"),),
        rivals=(*DECOYS, "migration_missing"),
        is_effect=always,
        detail=_lost("column"),
    ),
    CauseRule(
        id="index_missing",
        claim="an index of {component} is missing",
        places=_places,
        statement=_index,
        mechanism="what the index found at once is looked for row by row; what relied on a unique one fails",
        missing_control="the schema is compared with the last good one, indexes too",
        must=(
            Prediction(
                states="the indexes against the last good ones", read=server.schema_lacks("index"), probe="server"
            ),
            Prediction(states="whether it was unique, or tables are read whole", read=_matters, probe="server"),
        ),
        rivals=(*DECOYS, "server_slow", "lock_held"),
        is_effect=always,
        detail=_lost("index"),
    ),
    CauseRule(
        id="statistics_stale",
        claim="{component} plans by old statistics",
        places=_places,
        statement=_statistics,
        mechanism="plans are chosen for tables as they were, and take long on tables as they are",
        missing_control="tables are analysed after large changes",
        must=(
            Prediction(states="the age of statistics", read=server.statistics_are_stale, probe="server"),
            Prediction(states="what runs for long", read=server.statements_are_slow, probe="server"),
        ),
        rivals=(*DECOYS, "server_slow", "lock_held", "index_missing"),
        is_effect=always,
        detail=with_nothing,
    ),
    CauseRule(
        id="statement_slow",
        claim="statements hold {component} up",
        places=components(only={"postgres"}),
        statement=_slow,
        mechanism="a statement keeps the server's processors or disks busy, and its caller waiting",
        missing_control="statements have a time limit",
        must=(Prediction(states="what runs for long", read=server.statements_are_slow, probe="server"),),
        rivals=(*DECOYS, "lock_held"),
        is_effect=always,
        detail=with_nothing,
    ),
)
