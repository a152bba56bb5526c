"""Certificates and schemes that are wrong, at real TLS servers; decoded, and explained by the engine."""

import datetime as dt
import ssl
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from diagnosis_bench import named
from observing import probe, values
from peers import http, peer, postgres_over_tls, silent
from sample import system
from servers import Postgres

from goldenpath.diagnosis.engine import diagnose
from goldenpath.manifest.model import Address
from goldenpath.probes.address import target_of
from goldenpath.probes.edge import EdgeOptions

QUICK = EdgeOptions(timeout_s=1.0)


class Authority(NamedTuple):
    """An authority of our own."""

    file: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
    del method, path, headers, body
    return 200, "{}"


def subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return made_in(tmp_path_factory.mktemp("authority"))


def made_in(folder: Path) -> Authority:
    """One more authority of the same name."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(subject("our own")).issuer_name(subject("our own"))
    builder = builder.public_key(key.public_key()).serial_number(7).not_valid_before(now - dt.timedelta(days=90))
    builder = builder.not_valid_after(now + dt.timedelta(days=90))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    made = builder.sign(key, hashes.SHA256())
    file = folder / "authority.pem"
    file.write_bytes(pem(made))
    return Authority(file, key, made)


def server(authority: Authority, folder: Path, *, name: str = "localhost", days: int = 30) -> ssl.SSLContext:
    """A server's context; its certificate ends in so many days."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(subject(name)).issuer_name(authority.certificate.subject)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=60)).not_valid_after(now + dt.timedelta(days=days))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    signed = builder.sign(authority.key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / f"{name}.pem"
    file.write_bytes(secret + pem(signed))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def environ(port: int, scheme: str = "https", trust: Path | None = None) -> dict[str, str]:
    trusted = {"SSL_CERT_FILE": str(trust)} if trust else {}
    return {"MODEL_URL": f"{scheme}://localhost:{port}/v1", "MODEL_KEY": "k-k-k-k", "MODEL_NAME": "m", **trusted}


async def test_a_certificate_of_an_authority_that_the_component_trusts(authority: Authority, tmp_path: Path) -> None:
    async with peer(http(answer), server(authority, tmp_path)) as port:
        found = values(await probe("model", environ(port, trust=authority.file), QUICK))
    assert "tls.ms" in found
    assert "auth.ms" in found


class Wrong(NamedTuple):
    """One thing that is wrong with a certificate, and what it is called."""

    name: str
    days: int
    trusted: bool
    code: str
    cause: str


WRONG = (
    Wrong("localhost", -3, trusted=True, code="certificate_expired", cause="certificate_expired"),
    Wrong("elsewhere.example", 30, trusted=True, code="certificate_name", cause="certificate_name_wrong"),
    Wrong("localhost", 30, trusted=False, code="certificate_untrusted", cause="certificate_untrusted"),
)


@pytest.mark.parametrize("wrong", WRONG, ids=[w.code for w in WRONG])
async def test_what_is_wrong_with_a_certificate(authority: Authority, tmp_path: Path, wrong: Wrong) -> None:
    trust = authority.file if wrong.trusted else None
    async with peer(http(answer), server(authority, tmp_path, name=wrong.name, days=wrong.days)) as port:
        seen = await probe("model", environ(port, trust=trust), QUICK)
    assert values(seen)["tls.error"] == wrong.code
    assert named(diagnose(system(), seen)) == [(wrong.cause, "model")]


async def test_another_authority_of_the_same_name_vouches_for_nothing(authority: Authority, tmp_path: Path) -> None:
    trust = made_in(tmp_path).file
    async with peer(http(answer), server(authority, tmp_path)) as port:
        seen = await probe("model", environ(port, trust=trust), QUICK)
    assert values(seen)["tls.error"] == "certificate_untrusted"
    assert named(diagnose(system(), seen)) == [("certificate_untrusted", "model")]


async def test_tls_asked_of_a_plain_server() -> None:
    async with peer(http(answer)) as port:
        seen = await probe("model", environ(port), QUICK)
    found = values(seen)
    assert found["tls.plain"] == "ok"
    assert named(diagnose(system(), seen)) == [("tls_mismatch", "model")]


async def test_plain_text_asked_of_a_tls_server(authority: Authority, tmp_path: Path) -> None:
    async with peer(http(answer), server(authority, tmp_path)) as port:
        seen = await probe("model", environ(port, scheme="http"), QUICK)
    assert values(seen)["tls.offered"] == "ok"
    assert named(diagnose(system(), seen)) == [("tls_mismatch", "model")]


async def test_a_silent_peer_is_no_question_of_tls() -> None:
    async with peer(silent) as port:
        seen = await probe("model", environ(port), QUICK)
    assert values(seen)["tls.plain"] == "timeout"
    assert ("tls_mismatch", "model") not in named(diagnose(system(), seen))


@pytest.mark.parametrize("mode", ["", "disable", "false", "allow", "prefer", "whatever"])
async def test_a_postgresql_without_tls_serves_who_does_not_insist(database: Postgres, mode: str) -> None:
    found = values(await probe("db", {**database.environ(), "DB_TLS": mode}))
    assert "query.ms" in found
    assert "tls.error" not in found


@pytest.mark.parametrize("mode", ["require", "true", "verify-ca", "verify-full"])
async def test_a_postgresql_without_tls_is_told_from_one_that_is_away(database: Postgres, mode: str) -> None:
    seen = await probe("db", {**database.environ(), "DB_TLS": mode})
    assert values(seen)["tls.error"] == "plaintext_peer"
    assert named(diagnose(system(), seen)) == [("tls_mismatch", "db")]


class Checked(NamedTuple):
    """How a client checks a PostgreSQL's certificate, and what it finds; nothing: it is let in."""

    mode: str
    name: str
    trusted: bool
    code: str = ""
    cause: str = ""


CHECKED = (
    Checked("prefer", "elsewhere.example", trusted=False),
    Checked("require", "elsewhere.example", trusted=False),
    Checked("verify-ca", "elsewhere.example", trusted=True),
    Checked("verify-ca", "localhost", trusted=False, code="certificate_untrusted", cause="certificate_untrusted"),
    Checked("verify-full", "localhost", trusted=True),
    Checked("verify-full", "elsewhere.example", trusted=True, code="certificate_name", cause="certificate_name_wrong"),
)


@pytest.mark.parametrize("asked", CHECKED, ids=[f"{c.mode} {c.code or 'is let in'}" for c in CHECKED])
async def test_a_postgresql_with_tls_is_checked_as_its_clients_do(
    authority: Authority, database: Postgres, tmp_path: Path, asked: Checked
) -> None:
    talk = postgres_over_tls(database.port, server(authority, tmp_path, name=asked.name))
    async with peer(talk) as port:
        trusted = {"SSL_CERT_FILE": str(authority.file)} if asked.trusted else {}
        way = {"DB_HOST": "localhost", "DB_PORT": str(port), "DB_TLS": asked.mode}
        seen = await probe("db", {**database.environ(), **way, **trusted})
    found = values(seen)
    assert found.get("tls.error", "") == asked.code
    assert ("query.ms" in found) == (not asked.code)
    assert named(diagnose(system(), seen)) == ([(asked.cause, "db")] if asked.cause else [])


@pytest.mark.parametrize(
    ("query", "mode", "insists"),
    [
        ("", "prefer", False),
        ("?sslmode=disable", "disable", False),
        ("?sslmode=require", "require", True),
        ("?application_name=a&ssl=verify-full", "verify-full", True),
        ("?sslmode=", "prefer", False),
    ],
)
def test_an_address_may_say_itself_whether_to_encrypt(query: str, mode: str, *, insists: bool) -> None:
    component = system().components["db"].model_copy(update={"address": Address(url="URL")})
    target = target_of(component, {"URL": f"postgresql://app:a@db.internal/shop{query}"})
    assert target is not None
    assert (target.tls_mode, target.tls, target.database, target.problem) == (mode, insists, "shop", "")


@pytest.mark.parametrize(("word", "encrypted"), [("true", True), ("off", False), ("", False)])
def test_a_variable_may_say_it_of_any_server(word: str, *, encrypted: bool) -> None:
    component = system().components["cache"]
    address = Address(host="H", tls="T")
    target = target_of(component.model_copy(update={"address": address}), {"H": "cache.internal", "T": word})
    assert target is not None
    assert target.tls == encrypted
