"""All rules by id. A new cause enters by being listed in a module here."""

from goldenpath.diagnosis.catalogue import (
    credentials,
    datastores,
    hosts,
    llm,
    names,
    network,
    processes,
    revision,
    speed,
    tables,
    variables,
)
from goldenpath.diagnosis.rule import CauseRule

MODULES = (
    variables,
    hosts,
    processes,
    names,
    network,
    datastores,
    credentials,
    speed,
    llm,
    revision,
    tables,
)
"""The order breaks ties: a variable lies deeper than a process, a process deeper than a connection."""
RULES: dict[str, CauseRule] = {rule.id: rule for module in MODULES for rule in module.RULES}
