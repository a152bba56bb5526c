"""Name servers of a drill site: one that answers, one that stays silent, one that fails and one that refuses."""

import json
import selectors
import socket
import struct
from pathlib import Path

from goldenpath.drills.net.plan import RESOLVERS, Files, Resolver

PORT = 53
HEADER = struct.Struct("!6H")
ANSWERED, NO_SUCH_NAME, SERVER_FAILED, REFUSED = 0x8580, 0x8583, 0x8182, 0x8185
"""Flags of an answer: it is one, recursion is there, and the code of the outcome."""
A_RECORD, INTERNET, SECONDS = 1, 1, 1
POINTER = 0xC00C
"""To the name in the question."""


def serve(files: Files) -> None:
    """Answer for ever; what is answered is read anew for each question."""
    selector = selectors.DefaultSelector()
    for resolver, address in RESOLVERS.items():
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.bind((address, PORT))
        selector.register(opened, selectors.EVENT_READ, resolver)
    while True:
        for key, _ in selector.select():
            _serve_one(key.fileobj, key.data, files.names)


def answer(question: bytes, resolver: Resolver, names: dict[str, str]) -> bytes | None:
    """What this name server says; None when it stays silent."""
    number, _, count, *_ = HEADER.unpack_from(question)
    if resolver == "silent" or not count:
        return None
    name, end = _name(question)
    kind = struct.unpack_from("!H", question, end)[0]
    asked = question[HEADER.size : end + 4]
    if resolver != "good":
        flags = SERVER_FAILED if resolver == "failing" else REFUSED
        return HEADER.pack(number, flags, 1, 0, 0, 0) + asked
    if name not in names:
        return HEADER.pack(number, NO_SUCH_NAME, 1, 0, 0, 0) + asked
    if kind != A_RECORD:
        return HEADER.pack(number, ANSWERED, 1, 0, 0, 0) + asked
    record = struct.pack("!HHHIH", POINTER, A_RECORD, INTERNET, SECONDS, 4) + socket.inet_aton(names[name])
    return HEADER.pack(number, ANSWERED, 1, 1, 0, 0) + asked + record


def _serve_one(opened: object, resolver: Resolver, names: Path) -> None:
    if not isinstance(opened, socket.socket):
        raise TypeError(opened)
    question, client = opened.recvfrom(512)
    try:
        said = answer(question, resolver, json.loads(names.read_text(encoding="utf-8")))
    except (struct.error, IndexError, UnicodeDecodeError):
        return  # no question at all
    if said is not None:
        opened.sendto(said, client)


def _name(question: bytes) -> tuple[str, int]:
    """The name asked for, in lower case, and where it ends."""
    labels: list[str] = []
    at = HEADER.size
    while size := question[at]:
        labels.append(question[at + 1 : at + 1 + size].decode("ascii").lower())
        at += 1 + size
    return ".".join(labels), at + 1
