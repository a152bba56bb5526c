"""What a service is, by the image it runs, the address that leads to it, or its own name; pure."""

import re

from goldenpath.manifest.draft.service import Service
from goldenpath.manifest.model import Kind

_IMAGES: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("postgres", ("postgres", "postgresql", "postgis", "timescaledb", "pgvector", "cockroach")),
    ("redis", ("redis", "valkey", "keydb", "dragonfly")),
    ("clickhouse", ("clickhouse", "clickhouse-server")),
    ("llm", ("ollama", "vllm", "vllm-openai", "localai", "llama.cpp")),
)
_SCHEMES: dict[str, Kind] = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "redis": "redis",
    "rediss": "redis",
    "valkey": "redis",
    "clickhouse": "clickhouse",
}
PORTS: dict[Kind, int] = {"postgres": 5432, "redis": 6379, "clickhouse": 8123, "llm": 11434}
_WORKERS = re.compile(r"worker|consumer|queue|scheduler|beat|cron|job|celery|sidekiq|rq\b")
SERVERS: frozenset[Kind] = frozenset({"postgres", "redis", "clickhouse", "llm", "tcp"})


def kind_of(service: Service) -> Kind:
    """What this service is."""
    name = re.split(r"[:@]", service.image.rpartition("/")[2])[0].lower()
    words = {name, *name.split("-")}
    for kind, images in _IMAGES:
        if words & set(images) or any(name.startswith(f"{image}-") for image in images):
            return kind
    if service.image and not service.command:
        return "tcp"
    return "worker" if _WORKERS.search(service.name) and not service.published else _by_ports(service)


def kind_of_scheme(scheme: str) -> Kind | None:
    """The kind of server that an address with this scheme leads to; None for a scheme that says nothing of it."""
    return _SCHEMES.get(scheme.partition("+")[0])


def _by_ports(service: Service) -> Kind:
    return "web" if service.ports or "PORT" in service.variables or service.name == "web" else "worker"
