"""The parts of a log-in that need no wire: what a peer may say, however odd, ends in a plain error."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.probes import scram
from goldenpath.probes.postgres_messages import HEAD, NotPostgresError, RefusalError, body_length, cells, startup

NONCE = "abcdefghijklmnopqrstuvwx"


@pytest.mark.parametrize(
    ("password", "prepared"),
    [
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("\u0007", "\u0007"),
        ("\u0627\u0031", "\u0627\u0031"),
        ("a\u00a0b", "a b"),
    ],
)
def test_the_examples_of_the_standard_with_what_postgres_does_where_it_refuses(password: str, prepared: str) -> None:
    assert scram.prepared(password) == prepared.encode()


@given(st.text())
def test_every_password_can_be_prepared_and_twice_is_as_once(password: str) -> None:
    once = scram.prepared(password)
    assert scram.prepared(once.decode(errors="surrogateescape")) == once


@given(st.text() | st.from_regex(r"r=[a-z]*,s=[A-Za-z0-9+/=]*,i=-?[0-9]{0,4}", fullmatch=True))
def test_no_challenge_ends_in_anything_but_a_proof_or_a_value_error(challenge: str) -> None:
    with suppress(ValueError):
        made = scram.proof("secret", NONCE, challenge)
        assert made.message.startswith("c=biws,r=")
        assert challenge.startswith(("r=", "s=", "i="))


@pytest.mark.parametrize(
    "challenge",
    [
        f"r={NONCE},s=AAAA,i=4096",
        "r=another,s=AAAA,i=4096",
        f"r={NONCE}x,s=AAAA,i=0",
        f"r={NONCE}x,s=AAAA,i=99999999999",
        f"r={NONCE}x,s=A,i=4096",
        f"r={NONCE}x,s=AAAA",
    ],
)
def test_a_challenge_that_is_none_is_refused(challenge: str) -> None:
    with pytest.raises(ValueError, match=r"SCRAM|base64|int|character"):
        scram.proof("secret", NONCE, challenge)


@given(st.text())
def test_only_the_servers_own_signature_is_genuine(answer: str) -> None:
    assert not scram.is_genuine(scram.proof("secret", NONCE, f"r={NONCE}x,s=AAAA,i=1"), answer)


@given(st.binary(min_size=HEAD.size, max_size=HEAD.size))
def test_a_head_is_a_message_or_no_postgres(head: bytes) -> None:
    try:
        length = body_length(head)
    except NotPostgresError:
        return
    assert head[:1] in {b"C", b"D", b"E", b"I", b"K", b"N", b"R", b"S", b"T", b"Z", b"v"}
    assert length == int.from_bytes(head[1:]) - 4 >= 0


@given(st.binary(max_size=60))
def test_a_broken_row_is_an_error_of_its_form(body: bytes) -> None:
    with suppress(struct.error):
        assert all(cell is None or isinstance(cell, str) for cell in cells(body))


@given(st.lists(st.none() | st.text(max_size=8), max_size=6))
def test_a_row_is_read_as_it_was_written(row: list[str | None]) -> None:
    raw = [None if cell is None else cell.encode(errors="surrogatepass") for cell in row]
    body = len(raw).to_bytes(2) + b"".join(
        (-1).to_bytes(4, signed=True) if cell is None else len(cell).to_bytes(4) + cell for cell in raw
    )
    expected = [None if cell is None else cell.decode(errors="replace") for cell in raw]
    assert list(cells(body)) == expected


@given(st.binary(max_size=80))
def test_a_refusal_is_read_from_any_bytes(body: bytes) -> None:
    assert isinstance(RefusalError(body).sqlstate, str)


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_name_breaks_out_of_its_field(user: str, database: str) -> None:
    message = startup(user, database)
    assert int.from_bytes(message[:4]) == len(message)
    fields = message[8:-2].split(b"\0")
    # A name is left out when it is empty; none adds a field.
    assert len(fields) == 4 + 2 * bool(user) + 2 * bool(database)
