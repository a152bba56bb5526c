"""The part of the manifest about the time after a promotion, in which a revision has traffic and is not yet proven."""

from pydantic import Field

from goldenpath.facts import Record


class WatchSpec(Record):
    """`[watch]`: how long a revision with traffic is watched before it counts as good, and what sends it back."""

    seconds: float = Field(default=10.0, ge=0, le=3600)
    """How long; every synthetic journey runs again and again meanwhile. 0: a revision is not watched."""
    rate: float = Field(default=20.0, gt=0, le=1000)
    """Small requests a second through the front door, to the paths of `[doors]` and `[access]`."""
    failures: int = Field(default=0, ge=0)
    """Requests that may fail; a journey may not."""
    slower: float = Field(default=2.0, gt=1)
    """How many times the middle time of the last good revision is too slow, if the difference is large and sure."""
    slower_ms: float = Field(default=25.0, ge=0)
    """Less than so much more is not too slow, however many times it is."""
    memory_mb: float = Field(default=64.0, gt=0)
    """What a component may grow by, in MiB, beyond what the last good revision grew by under as many requests."""
    new_errors: int = Field(default=0, ge=0)
    """Kinds of error lines that its logs may have and those of the last good revision had not."""
