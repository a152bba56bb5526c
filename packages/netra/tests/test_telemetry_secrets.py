"""Nothing secret comes out anywhere: a golden path with all that can be refused, and every output searched."""

import asyncio
import base64
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from netra_collector import Collector, collecting
from netra_doors import PASSWORD, Door, Person, heard, opened, said, until
from netra_models import endpoint, response, text
from netra_runs import WorkerProcess, worker
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from netra.embedded.ports import free_port
from netra.settings.variables import BY_NAME

QUESTION = "what-did-the-very-private-project-cost"
WRONG_PASSWORD = "a-wrong-password-somebody-typed"
MODEL_KEY = "sk-model-key-that-must-never-be-seen-anywhere"
COLLECTOR_KEY = "collector-key-that-must-never-be-seen-anywhere"
METRICS_TOKEN = "metrics-token-that-must-never-be-seen-anywhere"
SHORTEST_FOUND = 8
"""Parts of base64 that are shorter occur by chance."""


def forms(secret: str) -> Iterator[str]:
    """The secret as text, and as text that decodes to it."""
    raw = secret.encode()
    yield from (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], raw.hex())
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # Inside of a longer text its base64 depends on where it begins: without the ends that neighbours share.
            encoded = encode(b"\0" * shift + raw).decode().rstrip("=")
            yield encoded[4 if shift else 0 : -2]


def leaked(secrets: Mapping[str, str], outputs: Mapping[str, str]) -> list[tuple[str, str]]:
    """Which secret is in which output, in any form."""
    return [
        (name, place)
        for name, secret in secrets.items()
        for place, output in outputs.items()
        if any(form in output for form in forms(secret) if len(form) >= SHORTEST_FOUND)
    ]


@pytest.mark.parametrize(
    "output",
    [
        "password is s3cr3t/of+this test!",
        "GET /?q=s3cr3t%2Fof%2Bthis%20test%21",
        base64.b64encode(b"user:s3cr3t/of+this test!").decode(),
        base64.b64encode(b"a:s3cr3t/of+this test!:b").decode(),
        base64.urlsafe_b64encode(b"s3cr3t/of+this test!").decode(),
        b"s3cr3t/of+this test!".hex(),
    ],
)
def test_the_search_finds_what_is_planted(output: str) -> None:
    assert leaked({"it": "s3cr3t/of+this test!"}, {"there": f"some {output} text"}) == [("it", "there")]


@pytest.mark.slow
async def test_no_output_holds_a_secret(environ: Mapping[str, str], tmp_path: Path) -> None:
    port = free_port()
    async with collecting() as collector, endpoint(answers_of_the_model) as model:
        told = {
            **environ,
            **model.environ,
            "LLM_API_KEY": MODEL_KEY,
            "LOG_LEVEL": "debug",
            "METRICS_TOKEN": METRICS_TOKEN,
            "WORKER_METRICS_PORT": str(port),
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
            "OTEL_EXPORTER_OTLP_HEADERS": f"x-key={COLLECTOR_KEY}",
        }
        async with opened(told, tmp_path) as door, worker(told, tmp_path) as hand:
            person = await door.person()
            outputs = await lived(door, person)
            own = await secrets_of(door, person)
            outputs |= await scraped(door, port)
            await until(lambda: any("invoke_workflow" in s.name for s in collector.spans()))
        outputs |= written(door, hand, collector)
    outputs |= {"a refused worker": await refused_worker(told), "the check": await checked(told)}
    contract = {name: told[name] for name, variable in BY_NAME.items() if variable.secret and name in told}
    secrets = {**contract, "the collector's key": COLLECTOR_KEY, "the key's bytes": _seed(told["AUTH_SIGNING_KEY"])}
    assert len(contract) >= 6, "the control: these are all the contract's"
    assert leaked(secrets, outputs) == []
    ours = {name: text for name, text in outputs.items() if not name.startswith("answer")}
    assert leaked(own, ours) == []
    for name, output in outputs.items():
        assert len(output) > 20, f"the control: {name} says something"
    assert "eyJ" not in "".join(ours.values())


def answers_of_the_model(request: dict[str, object]) -> bytes:
    """First a refusal that repeats the key, as some endpoints do; then words."""
    if "refuse" in json.dumps(request):
        return response(401, {"error": {"message": f"Incorrect API key provided: {MODEL_KEY}"}})
    return text("Fine.")


async def lived(door: Door, person: Person) -> dict[str, str]:
    """All that may go wrong, and what people read of it."""
    http, said_to = door.http, dict[str, str]()
    refusals = [
        await http.post("/api/auth/login", json={"email": person.email, "password": WRONG_PASSWORD}),
        await http.post("/api/auth/login", json={"email": person.email, "password": 7}),
        await http.post("/api/auth/register", json={"email": person.email, "password": PASSWORD}),
        await http.get("/api/threads", params={"token": person.access_token}),
        await http.get("/api/threads", headers={"Authorization": f"Bearer {person.access_token}x"}),
        await http.get("/api/threads", headers={"Authorization": "Bearer netra_00000000_" + "k" * 43}),
        await http.post("/api/auth/refresh", json={"refresh_token": "r" * 43}),
        await http.get("/metrics", headers={"Authorization": f"Bearer {person.access_token}"}),
        await http.get("/api/health"),
        await http.get("/api/version"),
        await http.get("/health/ready"),
        await http.get("/api/openapi.json"),
    ]
    said_to |= {f"answer {n} {r.request.url.path}": r.text + str(r.headers) for n, r in enumerate(refusals)}
    with pytest.raises(InvalidStatus):
        async with connect(f"{door.socket_address}?access_token={person.access_token}"):
            pass
    async with door.socket(person) as socket:
        frames: list[object] = []
        for content in (QUESTION, f"please refuse {QUESTION}"):
            await said(socket, type="user_message", content=content)
            frames += await _to_the_end(socket)
        for nonsense in ({"type": "nonsense", "token": person.access_token}, {"type": "cancel", "run_id": PASSWORD}):
            await said(socket, **nonsense)
            frames.append(await heard(socket))
    return said_to | {"answer frames": json.dumps(frames)}


async def _to_the_end(socket: ClientConnection) -> list[object]:
    frames: list[object] = []
    while True:
        frame = await heard(socket, 60)
        frames.append(frame)
        if frame["type"] in {"agent_failed", "run_cancelled", "error"} or frame.get("data", {}).get("final"):
            return frames


async def secrets_of(door: Door, person: Person) -> dict[str, str]:
    """What the person alone may know, made and used once more."""
    body = {"name": "k", "scopes": ["runs:read"]}
    key = (await door.http.post("/api/auth/keys", headers=person.headers, json=body)).json()
    given = max((str(value) for value in key.values() if str(value).startswith("netra_")), key=len)
    assert (await door.http.get("/api/threads", headers={"Authorization": f"Bearer {given}"})).status_code == 200
    pair = (await door.http.post("/api/auth/refresh", json={"refresh_token": person.refresh_token})).json()
    await door.http.post("/api/auth/refresh", json={"refresh_token": person.refresh_token})
    return {
        "password": PASSWORD,
        "wrong password": WRONG_PASSWORD,
        "question": QUESTION,
        "access": person.access_token,
        "refresh": person.refresh_token,
        "next access": pair["access_token"],
        "next refresh": pair["refresh_token"],
        "API key": given,
    }


async def scraped(door: Door, port: int) -> dict[str, str]:
    bearer = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    async with httpx.AsyncClient() as http:
        hand = await http.get(f"http://127.0.0.1:{port}/metrics", headers=bearer)
    web = await door.http.get("/metrics", headers=bearer)
    assert (web.status_code, hand.status_code) == (200, 200)
    return {"metrics of web": web.text, "metrics of worker": hand.text}


def written(door: Door, hand: WorkerProcess, collector: Collector) -> dict[str, str]:
    return {
        "log of web": door.log.read_text(),
        "log of worker": hand.log_text(),
        "spans": b"".join(collector.bodies).decode("latin-1"),
    }


async def refused_worker(told: Mapping[str, str]) -> str:
    """What a worker says whose log-in PostgreSQL refuses."""
    return await _said_by("worker", {**told, "POSTGRES_USER": "nobody", "WORKER_METRICS_PORT": str(free_port())})


async def checked(told: Mapping[str, str]) -> str:
    """What the contract says about values that it refuses."""
    wrong = {**told, "POSTGRES_PASSWORD": told["POSTGRES_PASSWORD"] + " ", "REDIS_HOST": "a b"}
    return await _said_by("config", wrong, "check") + await _said_by("config", told, "show")


async def _said_by(command: str, environ: Mapping[str, str], *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "netra.cli.main", command, *arguments),
        env={"PATH": os.environ["PATH"], **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    return output.decode()


def _seed(key: str) -> str:
    return base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)).decode("latin-1")
