"""A usage file on the disk, and its bytes, unpacked where gzip packed them."""

import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from netra.errors import InvalidError, TooLargeError

PACKED = ".gz"


@dataclass(frozen=True, slots=True)
class UsageFile:
    """Where it is, and how many bytes may come out of it when it is unpacked (0: any number)."""

    path: Path
    most: int = 0
    """A small file may unpack to more than any memory or disk holds."""

    @property
    def is_packed(self) -> bool:
        """By its name."""
        return self.path.suffix.lower() == PACKED

    @property
    def plain(self) -> Path:
        """The path as it would be without gzip: `usage.csv` for `usage.csv.gz`."""
        return self.path.with_suffix("") if self.is_packed else self.path

    def open(self) -> "UsageBytes":
        """Its bytes from the beginning; raises OSError."""
        return UsageBytes(self)


class UsageBytes:
    """The bytes of a usage file.

    Reading raises InvalidError where gzip is broken, and TooLargeError over what may come out of the file.
    """

    def __init__(self, file: UsageFile) -> None:
        """Open it."""
        self._packed = file.path.open("rb")
        self._size = max(file.path.stat().st_size, 1)
        self.stream: BinaryIO = io.BufferedReader(_Unpacked(file, self._packed)) if file.is_packed else self._packed

    def share(self) -> float:
        """How much of the file has been read, from 0 to 1, by bytes on the disk."""
        return self._packed.tell() / self._size

    def close(self) -> None:
        """Close the file."""
        self.stream.close()
        self._packed.close()


class _Unpacked(io.RawIOBase):
    """The bytes that gzip packed."""

    def __init__(self, file: UsageFile, packed: BinaryIO) -> None:
        self._file = file
        self._gzip = gzip.GzipFile(fileobj=packed)
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            piece = self._gzip.read(len(buffer))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InvalidError(
                f"is not whole gzip: {error}", where=str(self._file.path), hint="pack it again"
            ) from error
        self._count += len(piece)
        if self._file.most and self._count > self._file.most:
            message = f"unpacks to more than the {self._file.most} bytes that are allowed"
            raise TooLargeError(message, where=str(self._file.path), hint="split the file")
        buffer[: len(piece)] = piece
        return len(piece)
