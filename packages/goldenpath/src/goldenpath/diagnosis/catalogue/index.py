"""All rules by id. A new cause enters by being listed in a module here."""

from goldenpath.diagnosis.catalogue import credentials, llm, names, network, processes, revision, speed, variables
from goldenpath.diagnosis.rule import CauseRule

RULES: dict[str, CauseRule] = {
    rule.id: rule
    for module in (variables, processes, names, network, credentials, speed, llm, revision)
    for rule in module.RULES
}
"""The order breaks ties: a variable lies deeper than a process, a process deeper than a connection."""
