"""Routes of imports: a file of usage data into the caller's tenant, in the background."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect

from netra.analytics import imports
from netra.analytics.imports import Beginning, ImportState
from netra.analytics.ingest.formats import FormatName
from netra.auth.limits import plan_of
from netra.auth.plans import PLANS
from netra.errors import ConflictError, DependencyError, InvalidError, TooLargeError
from netra.web.access import Caller, Here, Sender
from netra.web.bodies import Text
from netra.web.errors import OWNED, REFUSED, documented
from netra.web.importing import Order
from netra.web.uploads import Upload

router = APIRouter(prefix="/api/imports", tags=["data"])
PATH = "/api/imports"
LARGEST = max(plan.import_bytes for plan in PLANS.values())
NAME_BYTES = 200
"""What file systems take, with room for what is added."""
ENDINGS = (
    r"\.(([cC][sS][vV]|[tT][sS][vV]|[jJ][sS][oO][nN][lL]?|[nN][dD][jJ][sS][oO][nN])(\.[gG][zZ])?"
    r"|[pP][aA][rR][qQ][uU][eE][tT])$"
)
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The rows with their line and the reason, in the format of the file.",
        "content": {"text/csv": {"schema": {"type": "string"}}, "application/x-ndjson": {"schema": {"type": "string"}}},
    }
}


class ImportQuery(BaseModel):
    """What the file is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    filename: str = Field(
        max_length=NAME_BYTES,
        pattern=r"^[^\x00-\x1f/\\]*" + ENDINGS,
        description="Its ending says what it holds: .csv, .tsv, .jsonl, .ndjson, .json (also with .gz) or .parquet.",
        examples=["usage.csv"],
    )
    format: FormatName = Field(default="auto", description="Whose export it is; `auto`: the columns tell.")
    workload: Annotated[Text, Field(max_length=200)] = Field(
        default="", description="Workload of rows that name none; the file's name by default."
    )
    model: Annotated[Text, Field(max_length=200)] = Field(default="", description="Model of rows that name none.")


class Begun(BaseModel):
    """The import that begins."""

    model_config = ConfigDict(frozen=True)

    import_id: UUID


class ImportList(BaseModel):
    """The tenant's newest imports."""

    model_config = ConfigDict(frozen=True)

    imports: tuple[ImportState, ...]


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    responses=REFUSED | documented(ConflictError, TooLargeError),
    openapi_extra=BODY,
)
async def begin_import(request: Request, caller: Sender, here: Here, wanted: Annotated[ImportQuery, Query()]) -> Begun:
    """Take a file, as the raw body, and import it in the background: as a whole, or nothing of it.

    Importing it again adds only what is new.
    """
    upload, most = _place(wanted.filename), plan_of(caller).import_bytes
    import_id = uuid4()
    told = Beginning(import_id=import_id, tenant_id=caller.tenant_id, user_id=caller.user_id, filename=wanted.filename)
    try:
        await _receive(request.stream(), upload.path, most)
        await imports.begin(here.pool, told)
    except BaseException:
        upload.remove()
        raise
    here.importers.start(
        Order(
            import_id=import_id,
            tenant_id=caller.tenant_id,
            path=upload.path,
            most_bytes=most,
            format=wanted.format,
            workload=wanted.workload,
            model=wanted.model,
        ),
        upload,
    )
    return Begun(import_id=import_id)


@router.get("", responses=REFUSED)
async def list_imports(caller: Caller, here: Here) -> ImportList:
    """The newest fifty imports of the caller's tenant."""
    return ImportList(imports=await imports.listed(here.pool, caller.tenant_id))


@router.get("/{import_id}", responses=OWNED)
async def get_import(import_id: UUID, caller: Caller, here: Here) -> ImportState:
    """How far an import is, and what became of its rows."""
    return await imports.one(here.pool, caller.tenant_id, import_id)


@router.get("/{import_id}/rejects", response_class=Response, responses=OWNED | FILE)
async def get_rejects(import_id: UUID, caller: Caller, here: Here) -> Response:
    """The rows that could not be imported, to be mended and imported again; of many the first 8 MiB."""
    found = await imports.rejects_of(here.pool, caller.tenant_id, import_id)
    name = re.sub(r"[^A-Za-z0-9._-]", "_", found.name)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    kind = "text/csv" if name.endswith(".csv") else "application/x-ndjson"
    return Response(found.content, media_type=kind, headers=headers)


def _place(filename: str) -> Upload:
    """Where the file goes."""
    if len(filename.encode()) > NAME_BYTES:
        raise InvalidError(f"is over {NAME_BYTES} bytes", where="query.filename")
    try:
        return Upload(filename)
    except OSError as error:
        raise _not_kept(error) from error


async def _receive(pieces: AsyncIterator[bytes], path: Path, most: int) -> None:
    """Write the body to the disk as it comes; raises TooLargeError over the plan's limit."""
    size = 0
    try:
        with path.open("wb") as file:
            async for piece in pieces:
                size += len(piece)
                if size > most:
                    raise TooLargeError(f"the plan allows files of {most} bytes", where="body", hint="split the file")
                file.write(piece)
    except ClientDisconnect as error:
        raise InvalidError("the file did not arrive as a whole", where="body", hint="send it again") from error
    except OSError as error:
        raise _not_kept(error) from error


def _not_kept(error: OSError) -> DependencyError:
    return DependencyError(f"the file cannot be kept: {error.strerror}", where="disk")
