"""Every metric of netra. One set a process, like its loggers; `docs/reference/metrics.md` is made from this file.

No label takes a value from a person: no id, no path, no text.
"""

from netra.telemetry.families import SLOW, Counter, Gauge, Histogram

BUILD = Gauge(
    "netra_build_info",
    "Always 1; which version and revision this process is.",
    ("component", "version", "revision", "environment"),
)

HTTP_REQUESTS = Counter(
    "netra_http_requests_total",
    "Requests and socket handshakes, by route template (`unmatched`: no route) and status (0: left without an answer).",
    ("method", "route", "status"),
)
HTTP_SECONDS = Histogram(
    "netra_http_request_duration_seconds",
    "Until the answer began; a stream goes on after that.",
    ("method", "route"),
)
STREAMS_OPEN = Gauge("netra_streams_open", "Streams of server-sent events that are open.")

SOCKETS_OPEN = Gauge("netra_sockets_open", "Sockets that are open.")
SOCKETS_CLOSED = Counter(
    "netra_sockets_closed_total",
    "Sockets that ended, by who ended them: `client`, or the server with this close code.",
    ("code",),
)
FRAMES_RECEIVED = Counter(
    "netra_socket_frames_received_total",
    "Frames from clients by type; `refused` were not understood.",
    ("type",),
)
FRAMES_SENT = Counter("netra_socket_frames_sent_total", "Frames handed to the outboxes of sockets.")
OUTBOX_STALLED = Counter(
    "netra_outbox_stalled_total", "Sockets given up because their client took nothing from a full outbox."
)

MESSAGES = Counter(
    "netra_messages_total",
    "Messages by outcome: `accepted`, or the code of the refusal.",
    ("outcome",),
)
FIRST_EVENT = Histogram(
    "netra_first_event_seconds", "From the arrival of a message on a socket to the first event of its run going out."
)
RUNS_ENDED = Counter(
    "netra_runs_ended_total",
    "Runs by how they ended, counted by the process that wrote the terminal event; reason is empty for an answer.",
    ("status", "reason"),
)
RUN_SECONDS = Histogram(
    "netra_run_duration_seconds",
    "From acceptance to the terminal event, of runs that a worker ended.",
    ("status",),
    SLOW,
)
RUN_WAIT = Histogram("netra_run_wait_seconds", "From acceptance until a worker claimed the run.")
RUNS_ACTIVE = Gauge("netra_runs_active", "Runs in the slots of this worker.")
RUN_SLOTS = Gauge("netra_run_slots", "Slots of this worker.")
TAKEOVERS = Counter("netra_run_takeovers_total", "Runs that this worker continued after another was lost.")
QUEUE = Gauge("netra_queue_runs", "Runs of the whole system that have not ended, at the scrape.", ("status",))
QUEUE_AGE = Gauge("netra_queue_oldest_seconds", "How long the oldest queued run has waited; 0 when none waits.")

EVENTS_APPENDED = Counter("netra_events_appended_total", "Events written to logs of runs.", ("type",))
APPEND_SECONDS = Histogram("netra_append_duration_seconds", "One append to a log, of one or more events.")
APPENDS_REFUSED = Counter(
    "netra_appends_refused_total", "Appends that the fence refused: a newer attempt exists or the run has ended."
)

TOOL_CALLS = Counter(
    "netra_tool_calls_total",
    "Tool calls by status; the tool is `unknown` where a model invented it.",
    ("tool", "status"),
)
TOOL_SECONDS = Histogram("netra_tool_duration_seconds", "One tool call.", ("tool",), SLOW)

LLM_CALLS = Counter(
    "netra_llm_calls_total",
    "Calls of language models by outcome: `ok`, `cancelled`, or the reason of the failure.",
    ("provider", "model", "outcome"),
)
LLM_SECONDS = Histogram(
    "netra_llm_call_duration_seconds",
    "One call, to the last piece of its answer.",
    ("provider", "model"),
    SLOW,
)
LLM_FIRST = Histogram("netra_llm_first_piece_seconds", "To the first piece of an answer.", ("provider", "model"), SLOW)
LLM_TOKENS = Counter(
    "netra_llm_tokens_total",
    "Tokens as the provider counted them, or estimated where it did not.",
    ("provider", "model", "direction"),
)
LLM_COST = Counter(
    "netra_llm_cost_usd_total",
    "Cost in USD by the price catalogue; calls without a known price add nothing.",
    ("provider", "model"),
)
LLM_BREAKER = Gauge(
    "netra_llm_breaker_state",
    "Circuit breaker of a provider: 0 closed, 1 half open, 2 open.",
    ("provider",),
)

POOL = Gauge("netra_postgres_pool_connections", "Connections to PostgreSQL, at the scrape.", ("state",))
POOL_LIMIT = Gauge("netra_postgres_pool_limit", "Most connections that this process opens.")
POOL_WAIT = Histogram("netra_postgres_pool_wait_seconds", "Waiting for a connection of the pool.")
VALKEY_ERRORS = Counter(
    "netra_valkey_errors_total", "Failures of Valkey, by what it was needed for. Nothing is lost by them.", ("use",)
)

HEALTH = Gauge(
    "netra_dependency_up",
    "1: the dependency answers or is not configured, 0: it does not; probed at the scrape.",
    ("dependency",),
)
READY = Gauge("netra_ready", "1: this process may take traffic.")
LOOP_LAG = Histogram("netra_loop_lag_seconds", "How late the event loop runs what is due.")
LOOP_BLOCKED = Counter("netra_loop_blocked_total", "Times the event loop was blocked so long that the log names what.")
SPANS = Counter(
    "netra_trace_spans_total",
    "Spans by what became of them: `exported`, or dropped because of `queue_full`, `refused` or `shutdown`.",
    ("outcome",),
)
EXPORT_FAILURES = Counter("netra_trace_export_failures_total", "Tries to hand spans to the collector that failed.")
SCRAPE_FAILURES = Counter(
    "netra_scrape_failures_total", "Figures that could not be read at a scrape and are missing from it.", ("source",)
)
