"""The end of a request that no model answered; apart from the clients, which are slow to import."""

from netra.errors import LLMError
from netra.events.union import ModelCall


class NoAnswerError(LLMError):
    """No model of the role answered."""

    def __init__(self, error: LLMError, calls: tuple[ModelCall, ...]) -> None:
        """State the last failure, with every model that was asked or passed over."""
        super().__init__(error.message, reason=error.reason, where=error.where, hint=error.hint)
        self.calls = calls
