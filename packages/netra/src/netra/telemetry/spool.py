"""Ended spans on their way to the collector: bounded, in batches, from a thread of their own.

A collector that cannot be reached is asked again after ever longer pauses, while the newest spans are kept up to the
bound and older ones are dropped and counted. What is traced never waits, and never learns of it.
"""

import logging
import threading
from collections import deque
from collections.abc import Mapping

import httpx
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from netra.telemetry.instruments import EXPORT_FAILURES, SPANS

LOG = logging.getLogger(__name__)
MOST_WAITING = 4096
"""About 10 MiB at worst; a busy worker makes some hundred spans a second."""
MOST_WITH_CONTENT = 256
"""Of spans that hold what people and models said: two texts of 16,384 characters at worst make 32 MiB."""
BATCH = 256
EVERY_S = 1.0
CALL_S = 5.0
FAREWELL_S = 1.5
"""How long the end of a process may wait for the collector."""
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
AGAIN = frozenset({429, 502, 503, 504})
"""Answers after which OTLP over HTTP asks to try again; any other refusal is final."""
FINE = range(200, 300)


class Spool(SpanProcessor):
    """Takes ended spans and sends them."""

    def __init__(self, address: str, headers: Mapping[str, str], *, most: int = MOST_WAITING) -> None:
        """Send to this address, and keep so many spans while it is away; a thread starts at once."""
        self._most = most
        self._address = address
        # The environment belongs to netra.settings: no proxy or certificate variables are read here.
        self._http = httpx.Client(
            headers={**headers, "Content-Type": "application/x-protobuf"}, timeout=CALL_S, trust_env=False
        )
        self._waiting: deque[ReadableSpan] = deque()
        self._sending: list[ReadableSpan] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = False
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a span that ended; never waits for the collector."""
        if not span.context or not span.context.trace_flags.sampled:
            return
        with self._lock:
            full = len(self._waiting) >= self._most
            if full:
                self._waiting.popleft()
            self._waiting.append(span)
        if full:
            SPANS.add("queue_full")
        elif len(self._waiting) >= BATCH and not self._failures:
            self._wake.set()

    def close(self) -> None:
        """Send what waits, once and not for long; the rest is counted as dropped."""
        if self._closed:
            return
        self._closed = True
        self._wake.set()
        self._thread.join(FAREWELL_S)
        if left := len(self._waiting) + len(self._sending):
            SPANS.add("shutdown", by=left)
            LOG.warning("the collector did not take the last %d spans", left)

    def shutdown(self) -> None:
        """As the SDK calls it."""
        self.close()

    def _run(self) -> None:
        last = False
        while not last:
            self._wake.wait(PAUSES_S[min(self._failures, len(PAUSES_S)) - 1] if self._failures else EVERY_S)
            self._wake.clear()
            last = self._closed
            while self._sent():
                pass
        self._http.close()

    def _sent(self) -> bool:
        """Send one batch; False when there is none, or the collector is to be asked later."""
        if not self._sending:
            with self._lock:
                self._sending = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        if not self._sending:
            return False
        outcome = self._post(self._sending)
        if outcome == "again":
            return False
        SPANS.add(outcome, by=len(self._sending))
        self._sending = []
        return True

    def _post(self, batch: list[ReadableSpan]) -> str:
        try:
            answer = self._http.post(self._address, content=encode_spans(batch).SerializeToString())
        except httpx.HTTPError as error:
            return self._missed(type(error).__name__)
        if answer.status_code in AGAIN:
            return self._missed(f"status {answer.status_code}")
        if self._failures:
            LOG.info("the collector takes spans again")
        self._failures = 0
        if answer.status_code in FINE:
            return "exported"
        LOG.warning("the collector refuses spans with status %d", answer.status_code)
        return "refused"

    def _missed(self, why: str) -> str:
        """The collector is away; said once, until it is back."""
        EXPORT_FAILURES.add()
        if not self._failures:
            LOG.warning("the collector does not take spans, the newest are kept: %s", why)
        self._failures += 1
        return "again"
