"""Actions on variables: they only say what the next revision shall differ in."""

from collections.abc import Mapping

from goldenpath.facts import RestoreVariable, StripVariable
from goldenpath.remediation.hands import Applied, Hands


async def restore(action: RestoreVariable, hands: Hands, revision: str) -> Applied:
    """The value of the last good revision, or of the manifest where none was ever proven."""
    source = action.from_revision or (await hands.prepare({})).name
    origin = f"revision {source}" if action.from_revision else "the manifest"
    good, now = hands.environ(source).get(action.variable), hands.environ(revision).get(action.variable)
    if good == now:
        return Applied(acted=False, statement=f"{action.variable} is already what it is in {origin}")
    words = "is removed, as in" if good is None else "is restored from"
    return Applied(acted=True, statement=f"{action.variable} {words} {origin}", changes={action.variable: good})


def strip(action: StripVariable, environ: Mapping[str, str]) -> Applied:
    """The value without the white space around it."""
    value = environ.get(action.variable)
    if value is None or value == value.strip():
        return Applied(acted=False, statement=f"there is no white space around {action.variable}")
    if not value.strip():
        return Applied(acted=False, statement=f"{action.variable} has nothing but white space: it has to be restored")
    statement = f"white space around {action.variable} is removed"
    return Applied(acted=True, statement=statement, changes={action.variable: value.strip()})
