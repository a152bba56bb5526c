"""Markdown that arrives in pieces, cut into blocks that can be drawn as soon as they are whole."""

FENCES = ("```", "~~~")


class Blocks:
    """Cuts at blank lines, but not inside of fenced code."""

    def __init__(self) -> None:
        """Nothing has arrived."""
        self._lines: list[str] = []
        self._rest = ""
        self._fence = ""

    def add(self, piece: str) -> list[str]:
        """The blocks that this piece completes."""
        *lines, self._rest = (self._rest + piece).split("\n")
        return [block for line in lines if (block := self._line(line + "\n"))]

    def end(self) -> str:
        """What is left, when no more comes."""
        left = "".join(self._lines) + self._rest
        self._lines, self._rest, self._fence = [], "", ""
        return left

    def _line(self, line: str) -> str:
        """The block that this line ends, or nothing."""
        self._lines.append(line)
        mark = line.lstrip()[:3]
        if self._fence:
            self._fence = "" if mark == self._fence else self._fence
            return ""
        if mark in FENCES:
            self._fence = mark
        if line.strip():
            return ""
        block = "".join(self._lines)
        self._lines = []
        return block
