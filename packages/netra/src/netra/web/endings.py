"""Why this end closes a socket, as close codes."""

from typing import NamedTuple


class Ending(NamedTuple):
    """Why this end closes the socket."""

    code: int
    reason: str


EXPIRED = Ending(4001, "the access token has expired: refresh it, connect again and resume")
ENDED = Ending(4003, "the session or API key has ended: log in, connect again and resume")
SLOW = Ending(4008, "too slow: connect again and resume")
FAULT = Ending(1011, "this is a fault of the service: connect again and resume")
GONE = Ending(1006, "")
"""The connection broke; there is nobody to tell."""

DESCRIBED = {ending.code: ending.reason for ending in (EXPIRED, ENDED, SLOW)} | {
    1009: "a frame was far over the limit",
    1011: "a fault of the service, or no answer to a ping: connect again and resume",
    1012: "the service stops here: connect again and resume",
}
"""Every code with which a client may be left."""
