"""The lines that somebody types, or that a file has."""

import readline
import sys
from collections.abc import Iterator, Sequence

PROMPT = "> "
MORE = "… "


def typed() -> Iterator[str]:
    """Each line until the end of the input; one that ends with a backslash goes on. Ctrl-C drops what is typed."""
    while True:
        try:
            text = _line(PROMPT)
            while text.endswith("\\"):
                text = f"{text[:-1]}\n{_line(MORE)}"
        except EOFError:
            return
        except KeyboardInterrupt:
            print(file=sys.stderr)
            continue
        yield text


def remember(lines: Sequence[str]) -> None:
    """Let the arrow keys bring these back."""
    for line in lines:
        readline.add_history(" ".join(line.split()))


def is_interactive() -> bool:
    """Whether a person sits there."""
    return sys.stdin.isatty()


def _line(prompt: str) -> str:
    """One line without its end; raises EOFError after the last."""
    if not is_interactive():
        text = sys.stdin.readline()
        if not text:
            raise EOFError
        return text.removesuffix("\n")
    if sys.stdout.isatty():
        return input(prompt)
    # Answers go elsewhere, and the prompt is none of them.
    print(prompt, end="", file=sys.stderr, flush=True)
    return input()
