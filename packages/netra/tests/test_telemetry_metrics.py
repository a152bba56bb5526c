"""Metrics through the real doors: all that is documented is there, it counts what happens, and it stays bounded."""

import asyncio
import os
import re
import signal
import string
import sys
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx
import pytest
from netra_doors import Door, heard, opened, said
from netra_runs import Script, WorkerProcess, worker
from prometheus_client.parser import text_string_to_metric_families

from netra.embedded.ports import free_port
from netra.telemetry.exposition import PROCESS
from netra.telemetry.families import CATALOGUE, MOST_SERIES, OTHER, Counter
from netra.telemetry.instruments import BUILD

TOKEN = "metrics-token-of-this-test-0123456789"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
DOCS = Path(__file__).parents[3] / "docs"
PAGE, GUIDE = DOCS / "reference/metrics.md", DOCS / "guides/observability.md"


class Shown:
    """One scrape."""

    def __init__(self, text: str) -> None:
        self.text = text
        families = list(text_string_to_metric_families(text))
        self.samples = {(s.name, *sorted(s.labels.values())): s.value for f in families for s in f.samples}
        self.names = {f"{f.name}_total" if f.type == "counter" else f.name for f in families}

    def __call__(self, name: str, *labels: str) -> float:
        return self.samples.get((name, *sorted(labels)), 0.0)

    def count(self, name: str) -> int:
        return sum(1 for sample in self.samples if sample[0] == name)


@dataclass(frozen=True, kw_only=True)
class Site:
    """A web process and a worker, and where each shows its metrics."""

    door: Door
    hand: WorkerProcess
    worker_port: int

    async def web(self) -> Shown:
        answer = await self.door.http.get("/metrics", headers=BEARER)
        assert answer.status_code == 200, answer.text
        return Shown(answer.text)

    async def worker(self) -> Shown:
        async with httpx.AsyncClient() as http:
            answer = await http.get(f"http://127.0.0.1:{self.worker_port}/metrics", headers=BEARER)
        assert answer.status_code == 200, answer.text
        return Shown(answer.text)

    async def ask(self) -> None:
        async with self.door.socket(await self.door.person()) as socket:
            await said(socket, type="user_message", content="what did it cost?")
            assert (await heard(socket))["type"] == "message_accepted"
            while not (await heard(socket))["data"].get("final"):
                pass


@pytest.fixture(scope="module")
async def site(environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Site]:
    folder, port = tmp_path_factory.mktemp("site"), free_port()
    told = {**environ, "METRICS_TOKEN": TOKEN, "WORKER_METRICS_PORT": str(port)}
    async with opened(told, folder) as door, worker(told, folder, Script(calls=2)) as hand:
        yield Site(door=door, hand=hand, worker_port=port)


async def test_every_documented_metric_is_there_and_every_metric_is_documented(site: Site) -> None:
    documented = set(re.findall(r"^\| `(netra_\w+)`", PAGE.read_text(), re.MULTILINE))
    assert BUILD in CATALOGUE
    assert documented == {family.name for family in CATALOGUE}
    for shown in (await site.web(), await site.worker()):
        assert documented <= shown.names
        assert set(PROCESS) <= shown.names
    assert all(re.fullmatch(r"netra_[a-z_]+", name) for name in documented)


def test_the_guide_names_no_metric_that_does_not_exist() -> None:
    named = re.findall(r"netra_[a-z_]+", GUIDE.read_text().partition("## Let Prometheus")[2])
    known = {family.name for family in CATALOGUE}
    assert len(named) > 20
    assert [n for n in named if not any(n in {name, f"{name}_bucket", f"{name}_count"} for name in known)] == []


async def test_a_run_is_counted_where_it_happens(site: Site) -> None:
    web_before, before = await site.web(), await site.worker()
    await site.ask()
    web, hand = await site.web(), await site.worker()

    def grew(shown: Shown, past: Shown, *sample: str) -> float:
        return shown(*sample) - past(*sample)

    assert grew(web, web_before, "netra_messages_total", "accepted") == 1
    assert grew(web, web_before, "netra_socket_frames_received_total", "user_message") == 1
    assert grew(web, web_before, "netra_socket_frames_sent_total") > 5
    assert grew(web, web_before, "netra_first_event_seconds_count") == 1
    assert grew(web, web_before, "netra_http_requests_total", "WEBSOCKET", "/ws", "101") == 1
    assert grew(web, web_before, "netra_http_requests_total", "POST", "/api/auth/register", "201") == 1
    assert grew(hand, before, "netra_runs_ended_total", "completed", "") == 1
    assert grew(hand, before, "netra_run_duration_seconds_count", "completed") == 1
    assert grew(hand, before, "netra_run_wait_seconds_count") == 1
    assert grew(hand, before, "netra_tool_calls_total", "stride", "ok") == 2
    assert grew(hand, before, "netra_events_appended_total", "tool_completed") == 2
    assert grew(hand, before, "netra_append_duration_seconds_count") >= 3
    assert grew(hand, before, "netra_postgres_pool_wait_seconds_count") > 3
    assert (hand("netra_runs_active"), hand("netra_run_slots")) == (0, 4)
    assert hand("netra_postgres_pool_connections", "idle") >= 1
    assert hand("netra_loop_lag_seconds_count") > 1
    assert web("netra_dependency_up", "postgres") == web("netra_dependency_up", "worker") == web("netra_ready") == 1
    assert web("netra_build_info", "web", "0.1.0", "test-1", "test") == 1
    assert web("process_resident_memory_bytes") > 1e7


async def test_a_socket_is_open_until_it_is_closed(site: Site) -> None:
    async with site.door.socket(await site.door.person()) as socket:
        await said(socket, type="no_such_thing")
        assert (await heard(socket))["type"] == "error"
        open_now = await site.web()
    assert open_now("netra_sockets_open") == 1
    assert open_now("netra_socket_frames_received_total", "refused") == 1
    async with asyncio.timeout(10):
        while (await site.web())("netra_sockets_open"):  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.05)
    assert (await site.web())("netra_sockets_closed_total", "client") >= 1


async def test_what_waits_is_seen_while_nobody_works(site: Site) -> None:
    person = await site.door.person()
    site.hand.kill(signal.SIGSTOP)
    try:
        await site.door.post(person)
        shown = await site.web()
        async with asyncio.timeout(10):
            while not shown("netra_queue_oldest_seconds") > 0.2:
                shown = await site.web()
        assert shown("netra_queue_runs", "queued") == 1
    finally:
        site.hand.kill(signal.SIGCONT)


async def test_paths_and_methods_that_nobody_serves_make_no_new_series(site: Site) -> None:
    person, random = await site.door.person(), Random(7)  # noqa: S311 - the same nonsense each time
    await _knock(site, person.headers, random, 150)
    before = await site.web()
    await _knock(site, person.headers, random, 150)
    after = await site.web()
    for name in ("netra_http_requests_total", "netra_http_request_duration_seconds_count"):
        assert after.count(name) <= before.count(name) + 2
        assert after.count(name) < MOST_SERIES / 4
    labels = {label for sample in after.samples if sample[0].startswith("netra_http") for label in sample[1:]}
    assert not [label for label in labels if "zz" in label or re.search(r"[0-9a-f]{8}-", label)]
    assert person.user_id not in after.text
    assert person.email not in after.text


async def test_whatever_methods_are_refused_a_route_has_one_series_for_them(site: Site) -> None:
    for method in ("DELETE", "PATCH", "PUT", "POST", "PROPFIND"):
        assert (await site.door.http.request(method, "/api/health")).status_code == 405
    shown = await site.web()
    refused = [s for s in shown.samples if s[0] == "netra_http_requests_total" and "/api/health" in s and "405" in s]
    assert [label for sample in refused for label in sample if label in {"other", "DELETE", "PATCH"}] == ["other"]


async def _knock(site: Site, headers: dict[str, str], random: Random, times: int) -> None:
    """Ask for nonsense, and for things of others by ids nobody has."""
    for _ in range(times):
        word = "zz" + "".join(random.choices(string.ascii_letters + string.digits + "-_.~%20", k=random.randint(1, 40)))
        number = f"{random.getrandbits(128):032x}"
        uuid = f"{number[:8]}-{number[8:12]}-4{number[13:16]}-8{number[17:20]}-{number[20:]}"
        path = random.choice([f"/{word}", f"/api/{word}", f"/api/runs/{uuid}", f"/api/threads/{uuid}", f"/ws/{word}"])
        method = random.choice(["GET", "POST", "PATCH", "DELETE", "PUT", "PROPFIND", "LOCK"])
        await site.door.http.request(method, path, headers=headers)


def test_a_family_has_a_bound_whatever_it_is_fed() -> None:
    family = Counter("netra_of_a_test_total", "Counts in a test.", ("label",))
    CATALOGUE.remove(family)
    for number in range(MOST_SERIES * 3):
        family.add(f"value {number}")
    shown = {sample.labels["label"]: sample.value for sample in family.samples()}
    assert len(shown) == MOST_SERIES + 1
    assert shown[OTHER] == MOST_SERIES * 2


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": TOKEN}],
)
async def test_without_its_token_metrics_are_refused(site: Site, headers: dict[str, str]) -> None:
    person = await site.door.person()
    for given in (headers, person.headers):
        answer = await site.door.http.get("/metrics", headers=given)
        assert answer.status_code == 401
        assert "netra_" not in answer.text
    assert (await site.door.http.get(f"/metrics?token={TOKEN}")).status_code == 401
    async with httpx.AsyncClient() as http:
        refused = await http.get(f"http://127.0.0.1:{site.worker_port}/metrics", headers=headers)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        elsewhere = await http.get(f"http://127.0.0.1:{site.worker_port}/api/threads", headers=BEARER)
        posted = await http.post(f"http://127.0.0.1:{site.worker_port}/metrics", headers=BEARER)
    assert (elsewhere.status_code, posted.status_code) == (404, 405)


async def test_without_a_token_metrics_are_shown_in_local_alone(door: Door) -> None:
    answer = await door.http.get("/metrics")
    assert answer.status_code == 404
    assert "METRICS_TOKEN" in answer.json()["error"]["hint"]


@pytest.mark.slow
async def test_a_worker_whose_port_is_taken_says_so_and_ends(site: Site, environ: Mapping[str, str]) -> None:
    taken = {**environ, "METRICS_TOKEN": TOKEN, "WORKER_METRICS_PORT": str(site.worker_port)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "netra.cli.main", "worker"),
        env={"PATH": os.environ["PATH"], **taken},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said_so = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    assert b"phase metrics failed: cannot bind" in said_so
