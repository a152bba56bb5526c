"""What names and commands of the manifest are made of."""

from typing import Annotated

from pydantic import Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
Command = Annotated[tuple[str, ...], Field(min_length=1)]
"""A command line; `{state}`, `{revision}`, `{environment}`, `{front}` and `{port:COMPONENT}` are filled in."""
