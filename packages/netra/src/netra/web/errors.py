"""Every refusal and failure as one JSON shape: `{"error": {code, message, where, hint, …, request_id}}`."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from netra.errors import (
    Allowance,
    ConflictError,
    DependencyError,
    ErrorBody,
    ForbiddenError,
    InvalidError,
    NetraError,
    NotFoundError,
    RateLimitedError,
    TooLargeError,
    UnauthorizedError,
    render,
)
from netra.settings.logs import correlation
from netra.stores.postgres import phase_of

STATUS_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
"""Codes of refusals that the router makes itself."""
UNREADABLE = 400
"""What the framework answers to a body that it cannot decode."""
OWNER_KEY = "_user_id_fkey"
"""Ends the name of every constraint that a row's owner exists."""


class ErrorDetail(ErrorBody):
    """What went wrong, where, and what to do about it."""

    request_id: str = ""


class ErrorDocument(BaseModel):
    """The body of every response that is not a success."""

    model_config = ConfigDict(frozen=True)

    error: ErrorDetail


def documented(*errors: type[NetraError]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may refuse in these ways."""
    return {e.status: {"model": ErrorDocument, "description": (e.__doc__ or e.code).splitlines()[0]} for e in errors}


EVERYWHERE = documented(InvalidError, TooLargeError, DependencyError) | {
    408: {"model": ErrorDocument, "description": "The request did not arrive in time."},
    431: {"model": ErrorDocument, "description": "The head of the request is over its limit."},
}
REFUSED = documented(UnauthorizedError, ForbiddenError)
OWNED = REFUSED | documented(NotFoundError)
ASKING = documented(UnauthorizedError, ForbiddenError, NotFoundError, ConflictError, RateLimitedError)


def answer(error: NetraError) -> JSONResponse:
    """The response for an expected failure."""
    body = ErrorDetail(**render(error).model_dump(), request_id=correlation.get({}).get("request_id", ""))
    document = ErrorDocument(error=body).model_dump()
    return JSONResponse(document, status_code=error.status, headers=_headers(error))


def unexpected() -> NetraError:
    """What a client reads of a fault of ours; the log has the rest under the request's id."""
    return NetraError("this is a fault of the service", hint="give the request_id to whoever runs it")


def store_failure(error: BaseException) -> NetraError:
    """What a client reads when PostgreSQL did not serve; a statement that it refused is a fault of ours."""
    if (getattr(error, "constraint_name", None) or "").endswith(OWNER_KEY):
        return UnauthorizedError("the account of this token is gone", where="token", hint="register again")
    phase = phase_of(error)
    if phase == "query":
        return unexpected()
    return DependencyError(f"{phase}: PostgreSQL does not serve", where="postgres", hint="try again in a moment")


def register(app: FastAPI) -> None:
    """Have the app answer failures in this shape."""
    app.add_exception_handler(NetraError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _routing)


def allowance_headers(allowance: Allowance) -> dict[str, str]:
    """How much a limit still allows: the names that are widely read, and the structured fields of the IETF's draft."""
    resets = math.ceil(allowance.resets_in_s)
    limit, remaining = f"{allowance.limit:.15g}", f"{allowance.remaining:.15g}"
    return {
        "X-RateLimit-Limit": limit,
        "X-RateLimit-Remaining": remaining,
        "X-RateLimit-Reset": str(resets),
        "RateLimit-Policy": f'"{allowance.name}";q={int(allowance.limit)}',
        "RateLimit": f'"{allowance.name}";r={int(allowance.remaining)};t={resets}',
    }


def first_problem(problems: Sequence[Mapping[str, Any]]) -> InvalidError:
    """The first problem pydantic found, without the value that was given."""
    where = ".".join(str(part) for part in problems[0]["loc"])
    return InvalidError(str(problems[0]["msg"]), where=where, hint="see /api/docs")


def _headers(error: NetraError) -> dict[str, str]:
    headers: dict[str, str] = {}
    if isinstance(error, UnauthorizedError):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimitedError):
        headers["Retry-After"] = str(math.ceil(error.retry_after))
        if error.allowance:
            headers |= allowance_headers(error.allowance)
    return headers


async def _expected(request: Request, error: Exception) -> JSONResponse:
    del request
    return answer(error if isinstance(error, NetraError) else unexpected())


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    del request
    return answer(first_problem(error.errors()) if isinstance(error, RequestValidationError) else unexpected())


async def _routing(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        return answer(unexpected())
    if error.status_code == UNREADABLE:
        return answer(InvalidError("the body is not JSON in UTF-8", where="body", hint="see /api/docs"))
    body = ErrorDetail(
        code=STATUS_CODES.get(error.status_code, "invalid"),
        message=str(error.detail),
        where=request.url.path,
        request_id=correlation.get({}).get("request_id", ""),
    )
    headers = dict(error.headers or {})
    if "Allow" in headers:
        headers["Allow"] = _allowed(request, headers["Allow"])
    return JSONResponse(ErrorDocument(error=body).model_dump(), status_code=error.status_code, headers=headers)


def _allowed(request: Request, known: str) -> str:
    """Every method of the path: the router names only those of the first route that has it."""
    methods = set(known.split(", "))
    for path, operations in request.app.openapi()["paths"].items():
        if compile_path(path)[0].fullmatch(request.url.path):
            methods.update(method.upper() for method in operations)
    return ", ".join(sorted(methods))
