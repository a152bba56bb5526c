"""Templates of log lines, what is new among them, and metrics before and after."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from observing import values
from peers import http, peer
from pydantic import JsonValue
from sample import MANIFEST

from goldenpath.manifest.parse import parse
from goldenpath.probes.exposition import Scraped, counts_of
from goldenpath.probes.exposition import parse as parse_metrics
from goldenpath.probes.log_news import keep, probe_news
from goldenpath.probes.metrics import Door, probe_metrics, scrape
from goldenpath.probes.record import Recorder
from goldenpath.probes.templates import mine

Line = Mapping[str, JsonValue]
SYSTEM = parse(
    MANIFEST.replace('version = "/version"', 'version = "/version"\nmetrics = "/metrics"\nmetrics_token = "TOKEN"')
)
WELL: tuple[Line, ...] = tuple(
    {
        "at": f"2026-01-01T00:00:{n:02d}+00:00",
        "level": "info",
        "event": f"request {n} took {n * 7} ms",
        "ms": 20 + n % 3,
    }
    for n in range(30)
)
TOKEN = {"TOKEN": "the-token-of-metrics"}
TEXTS = st.lists(
    st.sampled_from(["connected", "to", "10.0.0.7:5432", "failed", "after", "17", "times", "'x'"]), max_size=6
)


def error(n: int, text: str) -> Line:
    return {"at": f"2026-01-01T00:01:{n:02d}+00:00", "level": "error", "event": "query failed", "error": text}


def test_what_varies_is_taken_out() -> None:
    lines = [
        error(n, f'relation "t{n}" does not exist at 10.1.2.{n}:5432, id 0f8fad5b-d9cb-469f-a165-{n:012d}')
        for n in range(9)
    ]
    (template,) = mine(lines).templates
    assert template.text == "query failed: relation * does not exist at *, id *"
    assert (template.count, template.level) == (9, "error")
    assert template.first == "2026-01-01T00:01:00+00:00"
    assert template.last == "2026-01-01T00:01:08+00:00"


def test_words_that_differ_become_one_template_and_sentences_do_not() -> None:
    users = [{"event": f"the worker {name} has claimed a run of its queue"} for name in ("anna", "bert", "carl")]
    others = [{"event": "the lease of a worker ran out and was taken"}]
    found = {t.text: t.count for t in mine([*users, *others]).templates}
    assert found == {
        "the worker * has claimed a run of its queue": 3,
        "the lease of a worker ran out and was taken": 1,
    }


@given(
    st.lists(
        st.fixed_dictionaries({"level": st.sampled_from(["info", "error"]), "event": TEXTS.map(" ".join)}), max_size=40
    )
)
def test_every_line_is_counted_once_and_nothing_known_is_new(lines: list[dict[str, str]]) -> None:
    mined = mine(lines)
    assert sum(t.count for t in mined.templates) == len(lines) == mined.lines
    assert mined.new == mined.templates
    assert mine(lines, keep(lines)).new == ()


def test_only_what_is_new_is_told_the_worst_first() -> None:
    later = [
        *WELL,
        *(error(n, "relation 'threads' does not exist") for n in range(4)),
        {"level": "info", "event": "one more thing"},
    ]
    seen = probe_news(Recorder(), "api", later, keep(WELL), revision="r2")
    news = [o.value for o in seen if o.name == "log.new"]
    assert [n["text"] for n in news if isinstance(n, dict)] == [
        "query failed: relation * does not exist",
        "one more thing",
    ]
    assert isinstance(first := news[0], dict)
    assert (first["count"], first["first"]) == (4, "2026-01-01T00:01:00+00:00")
    assert values(seen)["log.kinds"] == {"lines": 35, "kinds": 3, "new": 2}


def test_without_a_last_good_state_nothing_is_called_new() -> None:
    assert probe_news(Recorder(), "api", WELL, None) == ()


def test_since_when_work_takes_longer() -> None:
    slow = [{**line, "at": str(line["at"]).replace("00:00:", "00:05:"), "ms": 400} for line in WELL]
    found = values(probe_news(Recorder(), "api", [*WELL, *slow], keep(WELL)))
    assert isinstance(slower := found["log.slower"], dict)
    assert slower["since"] == "2026-01-01T00:05:00+00:00"
    assert (slower["before"], slower["after"]) == (21.0, 400.0)
    assert "log.slower" not in values(probe_news(Recorder(), "api", WELL, keep(WELL)))


def exposition(fast: int, slow: int, errors: int) -> str:
    return f"""# HELP took_seconds How long.
# TYPE took_seconds histogram
took_seconds_bucket{{door="chat",le="0.1"}} {fast}
took_seconds_bucket{{door="chat",le="1.0"}} {fast + slow}
took_seconds_bucket{{door="chat",le="+Inf"}} {fast + slow}
took_seconds_sum{{door="chat"}} 1
took_seconds_count{{door="chat"}} {fast + slow}
# TYPE errors_total counter
errors_total{{kind="timeout"}} {errors}
# TYPE open_sockets gauge
open_sockets 3
not a sample
"""


async def look(now: str, before: Scraped | None) -> dict[str, JsonValue]:
    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        del body
        assert (method, path) == ("GET", "/metrics")
        return (200, now) if headers.get("authorization") == "Bearer the-token-of-metrics" else (401, "")

    async with peer(http(answer)) as port:
        return values(
            await probe_metrics(Recorder(), SYSTEM, Door(url=f"http://127.0.0.1:{port}", environ=TOKEN), before)
        )


async def test_a_distribution_that_moved() -> None:
    found = await look(exposition(fast=100, slow=60, errors=0), parse_metrics(exposition(fast=100, slow=0, errors=0)))
    assert isinstance(changed := found["metric.changed"], dict)
    assert changed["metric"] == 'took_seconds{door="chat"}'
    assert (changed["before"], changed["after"]) == (0.1, 1.0)
    assert changed["effect"] == 1.0
    assert changed["measurements"] == [100, 60]


async def test_a_counter_of_errors_that_left_nought() -> None:
    found = await look(exposition(fast=120, slow=0, errors=3), parse_metrics(exposition(fast=100, slow=0, errors=0)))
    assert isinstance(changed := found["metric.changed"], dict)
    assert (changed["kind"], changed["after"]) == ("counter", 3.0)


async def test_nothing_moved_and_nobody_looked_before() -> None:
    same = exposition(fast=130, slow=1, errors=0)
    assert await look(same, parse_metrics(exposition(fast=100, slow=0, errors=0))) == {"metric.unchanged": True}
    assert await look(same, None) == {}


async def test_a_door_that_is_shut_is_said_to_be() -> None:
    door = Door(url="http://127.0.0.1:1", environ={})
    seen = await probe_metrics(Recorder(), SYSTEM, door, None)
    assert values(seen) == {"metric.error": "ECONNREFUSED"}
    assert isinstance(await scrape(parse(MANIFEST), door.url, {}), Scraped)


@pytest.mark.parametrize(
    ("before", "counts"),
    [
        ({}, {0.1: 4, 1.0: 2, 2.0: 1}),
        ({"0.1": 3.0, "1.0": 5.0, "+Inf": 5.0}, {0.1: 1, 2.0: 1}),
        ({"0.1": 9.0}, {0.1: 4, 1.0: 2, 2.0: 1}),
    ],
    ids=["alone", "since", "restarted"],
)
def test_counts_since_an_earlier_look(before: dict[str, float], counts: dict[float, int]) -> None:
    assert counts_of({"0.1": 4.0, "1.0": 6.0, "+Inf": 7.0}, before) == counts
