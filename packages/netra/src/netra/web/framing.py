"""From text to client frames, and from failures to `error` frames."""

from uuid import UUID

from pydantic import ValidationError

from netra.errors import InvalidError, NetraError, TooLargeError, render
from netra.web.errors import first_problem
from netra.web.frames import CLIENT_FRAMES, Approve, Cancel, ClientFrame, ErrorFrame, Resume, UserMessage

LARGEST_FRAME_FACTOR = 7
"""A byte of content takes up to six in JSON, where any character may be escaped; the rest of a frame is short. A larger
one ends the socket (1009), one whose content is over the limit is answered with an error."""


def parsed(text: str | None, limit: int) -> ClientFrame:
    """The frame in a text message; raises InvalidError or TooLargeError that say what is wrong with it."""
    if text is None:
        raise InvalidError("send frames as text", where="frame", hint="binary messages are not read")
    if len(text.encode()) > limit:
        raise TooLargeError(f"the frame is over {limit} bytes", where="frame", hint="send less text")
    try:
        return CLIENT_FRAMES.validate_json(text)
    except ValidationError as error:
        raise first_problem(error.errors(include_input=False, include_url=False)) from None


def error_frame(error: NetraError, frame: ClientFrame | None, run_id: UUID | None = None) -> ErrorFrame:
    """The frame that tells a client what became of its frame, or of a run it follows."""
    if isinstance(frame, (Resume, Cancel, Approve)):
        run_id = frame.run_id
    client_message_id = frame.client_message_id if isinstance(frame, UserMessage) else None
    return ErrorFrame(**render(error).model_dump(), client_message_id=client_message_id, run_id=run_id)
