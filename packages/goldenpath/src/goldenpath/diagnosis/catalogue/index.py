"""All rules by id. A new cause enters by being listed in a module here."""

from goldenpath.diagnosis.catalogue import (
    access,
    answers,
    changes,
    credentials,
    datastores,
    deploys,
    doors,
    encryption,
    events,
    hidden,
    hosts,
    llm,
    names,
    network,
    processes,
    reachability,
    release,
    revision,
    speed,
    tables,
    traffic,
    variables,
)
from goldenpath.diagnosis.rule import CauseRule

MODULES = (
    deploys,
    variables,
    access,
    doors,
    hosts,
    processes,
    names,
    encryption,
    reachability,
    network,
    datastores,
    credentials,
    speed,
    llm,
    answers,
    release,
    traffic,
    revision,
    events,
    tables,
    hidden,
    changes,
)
"""The order breaks ties: a deploy lies deeper than a variable, that than a process, that than a connection."""
RULES: dict[str, CauseRule] = {rule.id: rule for module in MODULES for rule in module.RULES}
