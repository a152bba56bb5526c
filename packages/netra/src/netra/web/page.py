"""The page: our own HTML, CSS and modules, read once, sent compressed, under a policy that runs nothing else."""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from fastapi import APIRouter, Request, Response, status

from netra.errors import NotFoundError

INDEX = "index.html"
ENTRY = "app.js"
IMPORTED = re.compile(r"""^(?:import|export)\b[^"'()]*["']\./([\w.-]+)["'];?$""", re.MULTILINE)
"""What a module needs at once; what it asks for later stands in `import(…)`."""
ALLOWED = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)
"""Nothing inline, nothing from elsewhere, no frame around it, and no text that becomes markup or code."""
GUARDED = {
    "Content-Security-Policy": "; ".join(ALLOWED),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Without a referrer a browser would send no Origin either, by which the page's own requests are known.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
FOREVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """One file as it is sent."""

    body: bytes
    packed: bytes
    media_type: str
    tag: str


class Page:
    """Every file of the page, at addresses that change with what is in them."""

    def __init__(self, *, oidc: bool) -> None:
        """Read them; `oidc` says whether an identity provider may be offered."""
        contents = dict(_read(files("netra.web") / "static"))
        self.version = hashlib.sha256(b"".join(n.encode() + c for n, c in sorted(contents.items()))).hexdigest()[:12]
        index = _filled(contents.pop(INDEX).decode(), f"/static/{self.version}", contents, oidc=oidc)
        self.index = _asset(INDEX, index.encode())
        self.assets = {name: _asset(name, content) for name, content in contents.items()}


def router(*, oidc: bool) -> APIRouter:
    """The routes of the page; `oidc` as above."""
    page, routes = Page(oidc=oidc), APIRouter(include_in_schema=False)

    async def index(request: Request) -> Response:
        return _answer(request, page.index, "no-cache")

    async def static(request: Request, version: str, name: str) -> Response:
        """A file; another version's page, open during a deployment, gets the present one, which nobody keeps."""
        asset = page.assets.get(name)
        if asset is None:
            raise NotFoundError("no such file of the page", where=f"/static/{version}/{name}", hint="reload the page")
        return _answer(request, asset, FOREVER if version == page.version else "no-store")

    routes.add_api_route("/", index, methods=["GET", "HEAD"])
    routes.add_api_route("/static/{version}/{name}", static, methods=["GET", "HEAD"])
    return routes


def needed_at_once(contents: Mapping[str, bytes]) -> list[str]:
    """The modules that the first one imports, and theirs, in the order in which they are met."""
    found, waiting = dict[str, None](), [ENTRY]
    while waiting:
        name = waiting.pop(0)
        if name not in found and name in contents:
            found[name] = None
            waiting += IMPORTED.findall(contents[name].decode())
    return list(found)


def _filled(index: str, static: str, contents: Mapping[str, bytes], *, oidc: bool) -> str:
    links = [f'<link rel="modulepreload" href="{static}/{name}">' for name in needed_at_once(contents)]
    given = {"static": static, "modules": "\n".join(links), "oidc": "yes" if oidc else "no"}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: given[found[1]], index)


def _read(folder: Traversable) -> Iterator[tuple[str, bytes]]:
    return ((entry.name, entry.read_bytes()) for entry in folder.iterdir() if entry.is_file())


def _asset(name: str, body: bytes) -> Asset:
    kind = {".js": "text/javascript"}.get(name[name.rfind(".") :]) or mimetypes.guess_type(name)[0] or "text/plain"
    tag = hashlib.sha256(body).hexdigest()[:16]
    return Asset(body, gzip.compress(body, 9, mtime=0), f"{kind}; charset=utf-8", f'W/"{tag}"')


def _answer(request: Request, asset: Asset, cache: str) -> Response:
    headers = {**GUARDED, "Cache-Control": cache, "ETag": asset.tag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == asset.tag:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    packed = "gzip" in request.headers.get("accept-encoding", "")
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(asset.packed if packed else asset.body, media_type=asset.media_type, headers=headers)
