"""The page's session: a cookie that scripts cannot read, and that only this site's own pages may use."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from netra.auth.sessions import COOKIE_LIFETIME
from netra.errors import ForbiddenError
from netra.settings.model import WebSettings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""


def cookie_name(web: WebSettings, purpose: str = "") -> str:
    """`__Host-` makes a browser refuse the cookie from another host, path or without https (RFC 6265bis)."""
    name = f"netra{purpose}"
    return f"__Host-{name}" if is_secure(web) else name


def is_secure(web: WebSettings) -> bool:
    """Whether people reach this over https."""
    return urlsplit(web.public_url).scheme == "https"


def keep(response: Response, web: WebSettings, value: str) -> None:
    """Give the page its session."""
    set_cookie(response, web, cookie_name(web), value, int(COOKIE_LIFETIME.total_seconds()))


def drop(response: Response, web: WebSettings) -> None:
    """Take it away."""
    set_cookie(response, web, cookie_name(web), "", 0)


def set_cookie(response: Response, web: WebSettings, name: str, value: str, seconds: int) -> None:
    """Set a cookie for this host alone."""
    response.set_cookie(name, value, max_age=seconds, path="/", secure=is_secure(web), httponly=True, samesite="lax")


def refuse_foreign_page(connection: HTTPConnection, web: WebSettings, *, cookie: bool) -> None:
    """Refuse what a page of another site has a browser send; with a `cookie` it must be known that it was ours.

    Browsers say where a request comes from, and no page can change what they say; programs say nothing.
    """
    site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
    if site is None and origin is None and not cookie:
        return
    ours = is_own_origin(connection, web, origin) if origin is not None else site == "same-origin"
    if not ours or site not in {None, "same-origin"}:
        raise ForbiddenError("only this site's own pages may do this", where="origin", hint="send a token instead")


def is_own_origin(connection: HTTPConnection, web: WebSettings, origin: str) -> bool:
    """Whether the origin is the one that people open."""
    public = urlsplit(web.public_url)
    own = {f"{public.scheme}://{public.netloc.lower()}"} if web.public_url else set[str]()
    return origin in own or origin.partition("://")[2] == connection.headers.get("host")
