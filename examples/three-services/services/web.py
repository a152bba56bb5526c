"""What both HTTP services share: a log line for each request, an error as JSON, and one way to serve."""

import time
from collections.abc import Awaitable, Callable

import uvicorn
from say import say
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Handler = Callable[[Request], Awaitable[Response]]


class Trouble(Exception):  # noqa: N818 - it is an answer
    """An answer that is no success: its status, and the component that is to blame."""

    def __init__(self, status: int, error: str, component: str = "") -> None:
        """Answer with this status."""
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "component": component}


async def _logged(request: Request, call_next: Handler) -> Response:
    began = time.perf_counter()
    request_id = request.headers.get("x-request-id", "")
    try:
        answer = await call_next(request)
    except Trouble as trouble:
        answer = JSONResponse(trouble.body, trouble.status)
    ms = round((time.perf_counter() - began) * 1000, 1)
    say("request", path=request.url.path, status=answer.status_code, request_id=request_id, ms=ms)
    answer.headers["X-Revision"] = request.app.state.settings["REVISION"]
    return answer


LOGGED = [Middleware(BaseHTTPMiddleware, dispatch=_logged)]


def serve(app: Starlette, settings: dict[str, str]) -> None:
    """Serve on this service's own port until SIGTERM."""
    app.state.settings = settings
    uvicorn.run(app, host="127.0.0.1", port=int(settings["PORT"]), log_level="warning", access_log=False)
