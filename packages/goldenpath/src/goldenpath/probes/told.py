"""What a person says: a cause they suspect, or something they measured where no probe of ours reaches."""

from typing import Annotated, Literal, assert_never

from pydantic import Field, JsonValue, TypeAdapter

from goldenpath.facts import Observation, Record
from goldenpath.probes.record import Recorder


class Claimed(Record):
    """Somebody names a cause; it is judged and never believed."""

    type: Literal["claim"]
    statement: str
    """In their words."""
    cause: str = ""
    """The catalogue's id that comes nearest; empty when they name no change of state."""
    component: str = ""


class Read(Record):
    """Somebody looked, inside a revision, at what one reader of the configuration gets."""

    type: Literal["reader"]
    setting: str
    """What is configured, such as `postgres host`."""
    reader: str
    """Which part of the program reads it."""
    variable: str = ""
    is_set: bool


class Measured(Record):
    """Somebody measured something by other means, in the words of the vocabulary."""

    type: Literal["fact"]
    subject: str
    name: str
    value: JsonValue
    text: str = ""
    repeat: str = ""
    """The command that measures it again."""


Told = Annotated[Claimed | Read | Measured, Field(discriminator="type")]
TOLD: TypeAdapter[tuple[Told, ...]] = TypeAdapter(tuple[Told, ...])
"""The content of a file of such facts."""


def tell(recorder: Recorder, told: Told, revision: str = "") -> Observation:
    """Record it as what it is: a person's word, of this revision."""
    observe, person = recorder.at(revision).observe, "person"
    match told:
        case Claimed():
            said: JsonValue = {"cause": told.cause, "component": told.component, "statement": told.statement}
            return observe(probe=person, subject="person", name="claim.cause", value=said, repeat="ask again")
        case Read():
            found: JsonValue = {
                "setting": told.setting,
                "reader": told.reader,
                "variable": told.variable,
                "set": told.is_set,
            }
            return observe(probe=person, subject="revision", name="config.reader", value=found, repeat="look inside")
        case Measured():
            return observe(
                probe=person,
                subject=told.subject,
                name=told.name,
                value=told.value,
                text=told.text,
                repeat=told.repeat or "measure it by hand",
            )
        case _:
            assert_never(told)
