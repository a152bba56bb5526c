"""`python tls_door.py PORT CERTIFICATE AUTHORITY_FILE`: an encrypted door before LLM_BASE_URL, with one flaw.

CERTIFICATE is `expired`, `other_name` or `unknown_authority`. The authority that vouches for it is written to
AUTHORITY_FILE; with `unknown_authority` another one is.
"""

import asyncio
import datetime as dt
import ipaddress
import os
import ssl
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CHUNK = 64 * 1024
DAY = dt.timedelta(days=1)
Key = ec.EllipticCurvePrivateKey


def named(text: str) -> x509.Name:
    """A subject of this name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def authority() -> tuple[x509.Certificate, Key]:
    """An authority that was made for this drill."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(named("drill authority"))
        .issuer_name(named("drill authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 300 * DAY)
        .not_valid_after(now + 300 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    return built.sign(key, hashes.SHA256()), key


def certificate(flaw: str, issuer: x509.Certificate, issuer_key: Key) -> tuple[x509.Certificate, Key]:
    """The server's own, with the flaw if it is one of dates or names."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    ends = now - 2 * DAY if flaw == "expired" else now + 30 * DAY
    names: list[x509.GeneralName] = [x509.DNSName("models.staging.example")]
    if flaw != "other_name":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    built = (
        x509.CertificateBuilder()
        .subject_name(named("models"))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 90 * DAY)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    return built.sign(issuer_key, hashes.SHA256()), key


def context(flaw: str, authority_file: Path) -> ssl.SSLContext:
    """What the door shows; who vouches for it is written down."""
    issuer, issuer_key = authority()
    told = authority()[0] if flaw == "unknown_authority" else issuer
    authority_file.write_bytes(told.public_bytes(serialization.Encoding.PEM))
    own, key = certificate(flaw, issuer, issuer_key)
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(own.public_bytes(serialization.Encoding.PEM))
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        file.flush()
        shown.load_cert_chain(file.name)
    return shown


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on everything, then the end."""
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    writer.close()


async def main() -> None:
    """Serve until we are ended."""
    port, flaw, authority_file = sys.argv[1:]
    behind = urlsplit(os.environ["LLM_BASE_URL"])

    async def door(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(behind.hostname, behind.port)
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer), return_exceptions=True)

    shown = context(flaw, Path(authority_file))
    server = await asyncio.start_server(door, "127.0.0.1", int(port), ssl=shown)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
