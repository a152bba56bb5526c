"""The HTTP server of the door: a thread a connection, a handle a connection."""

import json
import re
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import cast
from urllib.parse import urlsplit

from netra.embedded.door.engine import Engine, Handle, Result
from netra.embedded.door.request import (
    AUTHENTICATION_FAILED,
    DoorError,
    Login,
    Statement,
    authenticate,
    decoded,
    parameters_of,
    statement,
)

BODY_BYTES = 512 * 1024 * 1024
CONNECTIONS = 128
IDLE_S = 120.0
CODE = re.compile(r"Code: (\d+)")
TABLES = frozenset({"select", "with", "show", "describe", "desc", "exists", "explain", "check"})
"""Statements that answer with a table, even with one that has no rows."""


class BodyError(Exception):
    """The body cannot be read, so neither can the next request on this connection."""


class Door(ThreadingHTTPServer):
    """Listens on the loopback address."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, engine: Engine, login: Login) -> None:
        """Bind the port; who asks must bring this login."""
        super().__init__(("127.0.0.1", port), Conversation)
        self.engine = engine
        self.login = login
        self._places = threading.BoundedSemaphore(CONNECTIONS)

    def process_request(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Serve it in a thread of its own, or close it when all places are taken."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Serve one connection to its end, then free its place."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


class Conversation(BaseHTTPRequestHandler):
    """One client's connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_S
    wbufsize = -1
    _handle: Handle | None = None

    @property
    def _door(self) -> Door:
        return cast("Door", self.server)

    def do_GET(self) -> None:
        """Answer a ping or run a statement."""
        self._serve()

    do_POST = do_GET  # noqa: N815 - the standard library names it
    do_HEAD = do_GET  # noqa: N815 - the same

    def finish(self) -> None:
        """Give the handle back when the connection ends."""
        if self._handle:
            self._handle.close()
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library names it
        """Stay quiet: addresses carry statements."""

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            body = self._body(headers)  # before any answer: what is left unread would be taken for the next request
        except BodyError as error:
            self.close_connection = True
            self._answer(400, str(error).encode())
            return
        url = urlsplit(self.path)
        parameters = parameters_of(url.query)
        if url.path in {"/ping", "/"} and not body and "query" not in parameters:
            self._answer(200, b"Ok.\n")
            return
        try:
            authenticate(self._door.login, headers, parameters)
            asked = statement(parameters, decoded(body, headers))
            self._result(asked, self._run(asked))
        except DoorError as error:
            self._error(str(error), error.code)
        # The engine raises RuntimeError and its own kinds; every one becomes an answer with ClickHouse's code.
        except Exception as error:  # noqa: BLE001
            found = CODE.search(str(error))
            self._error(str(error), int(found[1]) if found else 1002)

    def _run(self, asked: Statement) -> Result:
        if self._handle is None:
            self._handle = self._door.engine.handle()
        try:
            return self._handle.run(asked)
        finally:
            if self._handle.spoiled:
                self._handle.close()
                self._handle = None

    def _result(self, asked: Statement, result: Result) -> None:
        written = asked.data is not None
        summary = {
            "read_rows": str(result.rows_read),
            "read_bytes": str(result.bytes_read),
            "written_rows": str(result.rows_read if written else 0),
            "written_bytes": str(result.bytes_read if written else 0),
            "elapsed_ns": str(int(result.elapsed_s * 1e9)),
        }
        headers = {"X-ClickHouse-Summary": json.dumps(summary), "X-ClickHouse-Query-Id": asked.query_id}
        if asked.keyword in TABLES or result.body:
            headers["X-ClickHouse-Format"] = asked.result_format
        self._answer(200, result.body, headers)

    def _error(self, message: str, code: int) -> None:
        status = 403 if code == AUTHENTICATION_FAILED else 500
        self._answer(status, message.encode(), {"X-ClickHouse-Exception-Code": str(code)})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-ClickHouse-Timezone", "UTC")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunks()
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > BODY_BYTES:
            raise BodyError(f"Content-Length must be a number up to {BODY_BYTES}")
        return self._exactly(int(length))

    def _chunks(self) -> bytes:
        parts: list[bytes] = []
        total = 0
        while size := self._chunk_size():
            total += size
            if total > BODY_BYTES:
                raise BodyError(f"the body is larger than {BODY_BYTES} bytes")
            parts.append(self._exactly(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers, up to the empty line
        return b"".join(parts)

    def _chunk_size(self) -> int:
        line = self.rfile.readline(64)
        size = line.partition(b";")[0].strip()
        if not size.isalnum():  # `int` takes signs and underscores, too
            raise BodyError("a chunk's size is not hexadecimal")
        try:
            return int(size, 16)
        except ValueError as error:
            raise BodyError("a chunk's size is not hexadecimal") from error

    def _exactly(self, size: int) -> bytes:
        data = self.rfile.read(size)
        if len(data) != size:
            raise BodyError("the body ended early")
        return data
