"""What whoever started a process waits for: said whatever the level of the log is."""

import logging

NAME = "netra.lifecycle"


def announce(event: str, **fields: object) -> None:
    """Log this line even when the level of the log hides others of its kind: silence would mean it never happened."""
    log = logging.getLogger(NAME)
    log.setLevel(logging.INFO)
    log.info(event, extra=fields)
