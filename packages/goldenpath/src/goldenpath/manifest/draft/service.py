"""What a compose file or a Procfile says of a system, before it is a manifest."""

from pydantic import Field

from goldenpath.facts import Record


class Given(Record):
    """One variable of a service as its file gives it."""

    text: str
    """What the manifest shall say: the value, with `{file:NAME}` for what stands in the env file."""
    value: str
    """The whole value, for finding out what it names."""


class Service(Record):
    """One process, or one server that somebody else runs."""

    name: str
    image: str = ""
    command: tuple[str, ...] = ()
    """Empty when the file does not say how it is started here."""
    folder: str = ""
    variables: dict[str, Given] = Field(default_factory=dict[str, Given])
    ports: tuple[int, ...] = ()
    """Inside."""
    published: dict[int, int] = Field(default_factory=dict[int, int])
    """Where its ports are from outside."""
    needs: tuple[str, ...] = ()
    ready_path: str = ""


class Source(Record):
    """What was found in a folder."""

    file: str
    services: tuple[Service, ...]
    env_file: str = ""
    """Its file of `NAME=VALUE` lines, if it has one."""
    in_file: frozenset[str] = frozenset()
    """The names in that file."""
    migrate: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    """What a person has to look at."""
