"""Identity providers as tests meet them: a real one in its own process, and one that lies on purpose."""

import asyncio
import base64
import hashlib
import secrets
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from netra_doors import Door
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from netra.embedded.ports import free_port

PROGRAM = Path(__file__).parent / "netra_oidc_provider.py"
CLIENT_ID = "netra-client"
CLIENT_SECRET = secrets.token_urlsafe(32)
CALLBACK = "/api/auth/oidc/callback"


def variables(issuer: str) -> dict[str, str]:
    return {"OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": CLIENT_ID, "OIDC_CLIENT_SECRET": CLIENT_SECRET}


@asynccontextmanager
async def provider(folder: Path) -> AsyncGenerator[str]:
    """The address of a real provider, ended when the block is left."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, PROGRAM, str(folder / "provider.sqlite"), str(port), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout
        assert await asyncio.wait_for(process.stdout.readline(), 30) == b"ready\n"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        await process.wait()


async def register(address: str, door: Door, *, consent: bool = False) -> None:
    """Tell the provider of netra, as its operator would, and whether it asks people for their consent."""
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uri": door.address + CALLBACK}
    async with httpx.AsyncClient(base_url=address) as http:
        (await http.post("/test/client", json={**client, "consent": consent})).raise_for_status()


@asynccontextmanager
async def browser(door: Door) -> AsyncGenerator[httpx.AsyncClient]:
    """Somebody's browser: it keeps cookies, and says where its requests come from."""
    async with httpx.AsyncClient(base_url=door.address, headers={"Sec-Fetch-Site": "same-origin"}) as http:
        yield http


def asked(location: str) -> dict[str, str]:
    """What an address asks the provider."""
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


Claims = dict[str, Any]


@dataclass
class Liar:
    """A provider whose key, claims and signature a test may bend."""

    issuer: str
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    kid: str = "one"
    nonce: str = ""
    bend: Callable[[Claims], Claims] = dict
    sign: "Callable[[Liar, Claims], str] | None" = None
    metadata: Claims = field(default_factory=dict[str, Any])
    answer: bytes | None = None
    """Said instead of a token."""
    userinfo: bytes = b"{}"
    asked: list[Claims] = field(default_factory=list[Claims])

    def claims(self) -> Claims:
        now = int(time.time())
        digest = hashlib.sha256(b"an access token").digest()[:16]
        return {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "subject",
            "exp": now + 60,
            "iat": now,
            "nonce": self.nonce,
            "at_hash": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "email": f"{secrets.token_hex(6)}@example.com",
            "email_verified": True,
        }

    def signed(self, claims: Claims) -> str:
        return jwt.encode(claims, self.key, "RS256", {"kid": self.kid})

    async def discovery(self, _: Request) -> Response:
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        return JSONResponse(found | self.metadata)

    async def jwks(self, _: Request) -> Response:
        published: Claims = dict(RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True))
        return JSONResponse({"keys": [published | {"kid": self.kid, "use": "sig"}, {"kty": "from the future"}]})

    async def token(self, request: Request) -> Response:
        self.asked.append(asked(f"?{(await request.body()).decode()}"))
        claims = {k: v for k, v in self.bend(self.claims()).items() if v is not None}
        id_token = self.sign(self, claims) if self.sign else self.signed(claims)
        if self.answer is not None:
            return Response(self.answer, media_type="application/json")
        return JSONResponse({"access_token": "an access token", "token_type": "Bearer", "id_token": id_token})

    async def told(self, _: Request) -> Response:
        return Response(self.userinfo, media_type="application/json")


@asynccontextmanager
async def liar() -> AsyncGenerator[Liar]:
    port = free_port()
    made = Liar(issuer=f"http://127.0.0.1:{port}")
    routes = [
        Route("/.well-known/openid-configuration", made.discovery),
        Route("/jwks", made.jwks),
        Route("/userinfo", made.told),
        Route("/token", made.token, methods=["POST"]),
    ]
    config = uvicorn.Config(Starlette(routes=routes), port=port, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())  # noqa: SLF001 - `serve` would take over the signals  # pyright: ignore[reportPrivateUsage]
    try:
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing else
                await asyncio.sleep(0.01)
        yield made
    finally:
        server.should_exit = True
        await serving
