"""Where a browser lands when its log-in through an identity provider fails: on the page, which says why."""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Literal
from urllib.parse import urlsplit

from fastapi import Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from netra.auth.flows import LostFlowError
from netra.auth.identities import EmailKnownError, LinkedElsewhereError
from netra.auth.oidc import DeniedError
from netra.errors import DependencyError, ForbiddenError, NetraError, NotFoundError, UnauthorizedError
from netra.web.cookies import cookie_name
from netra.web.services import services_of

PURPOSE = "-oidc"
"""Of the cookie that holds a log-in under way."""
Reason = Literal["denied", "lost", "unverified", "known", "elsewhere", "unavailable", "unconfigured", "refused"]
"""What the page has a sentence for; a word and no text, for anybody may write a link to the page."""


class Landing(APIRoute):
    """A route that browsers navigate to: they are sent to the page with its refusals, programs get them as ever."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What handles a request."""
        handler = super().get_route_handler()

        async def landing(request: Request) -> Response:
            try:
                return await handler(request)
            except (NetraError, RequestValidationError) as error:
                if not navigates(request):
                    raise
                place = f"/?login_failed={reason_of(error)}#{_fragment(request)}"
                return RedirectResponse(place, status.HTTP_303_SEE_OTHER, {"Cache-Control": "no-store"})

        return landing


def navigates(request: Request) -> bool:
    """Whether a browser shows the answer as a document; over plain http it says so only by what it accepts."""
    mode = request.headers.get("sec-fetch-mode")
    return mode == "navigate" if mode else "text/html" in request.headers.get("accept", "")


def reason_of(error: Exception) -> Reason:
    """The page's word for a failure."""
    match error:
        case DeniedError():
            return "denied"
        case LostFlowError():
            return "lost"
        case ForbiddenError():
            return "unverified"
        case EmailKnownError():
            return "known"
        case LinkedElsewhereError():
            return "elsewhere"
        case DependencyError():
            return "unavailable"
        case NotFoundError():
            return "unconfigured"
        case _:
            return "refused"


def _fragment(request: Request) -> str:
    """The view that the person wanted to come back to."""
    here = services_of(request)
    wanted = request.query_params.get("return_to", "")
    if here.identity.oidc and not wanted:
        with suppress(UnauthorizedError):
            kept = request.cookies.get(cookie_name(here.settings.web, PURPOSE), "")
            wanted = here.identity.oidc.seal.opened(kept).return_to
    return urlsplit(wanted).fragment
