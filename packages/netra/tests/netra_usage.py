"""Usage data in a real ClickHouse, and the questions that tests ask of it."""

import csv
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from clickhouse_connect.driver.asyncclient import AsyncClient
from pydantic import BaseModel, JsonValue

from netra.agents.builtin.analyst import next_calls, write_report
from netra.agents.builtin.report import Report
from netra.agents.findings import Finding
from netra.analytics import schema
from netra.analytics.database import Database
from netra.analytics.events import Identities, UsageEvent
from netra.analytics.generator import GenerationPlan, generate
from netra.analytics.ingest.commit import Committed, Import
from netra.analytics.ingest.importer import ImportRequest, ImportSummary, import_file
from netra.settings.model import Settings
from netra.stores import clickhouse, postgres
from netra.stores.database import Pool
from netra.tools.catalogue import TOOLS
from netra.tools.registry import ToolContext, parse_arguments

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "azure-llm-inference-2023"
"""One hour of production traffic; where it is not there, a generated file of the same columns takes its place."""


class Usage:
    """One ClickHouse database, asked as whatever tenant a test wants to be."""

    def __init__(self, client: AsyncClient, pool: Pool) -> None:
        self.client = client
        self.pool = pool
        self.database = Database(client)

    async def tenant(self) -> UUID:
        """A tenant that PostgreSQL knows too."""
        tenant_id = uuid4()
        await self.pool.execute("insert into tenants (id, name) values ($1, 'test')", tenant_id)
        return tenant_id

    async def put(self, tenant_id: UUID, events: Sequence[UsageEvent]) -> Committed:
        """Commit these events for the tenant."""
        work, identities = Import(self.database, tenant_id, "test"), Identities(tenant_id, str(uuid4()))
        await work.begin()
        await work.gather([(identities.of(event, None), event) for event in events])
        return await work.commit()

    async def load(self, tenant_id: UUID, path: Path, *, model: str = "", workload: str = "") -> ImportSummary:
        """Import a file for the tenant."""
        request = ImportRequest(tenant_id=tenant_id, path=path, columns={}, model=model, workload=workload)
        return await import_file(self.database, request)

    async def call(self, tenant_id: UUID, tool: str, **arguments: JsonValue) -> BaseModel:
        """The tool's result, asked as a run asks it."""
        return await self.ask(self.context(tenant_id), tool, **arguments)

    async def ask(self, context: ToolContext, tool: str, **arguments: JsonValue) -> BaseModel:
        """The tool's result in a context that the test keeps."""
        return await TOOLS[tool].run(context, parse_arguments(TOOLS[tool], arguments))

    def context(self, tenant_id: UUID) -> ToolContext:
        """What a call of this tenant's run receives."""
        return ToolContext(tenant_id=tenant_id, user_id=tenant_id, clickhouse=self.client, pool=self.pool, now=NOW)

    async def answer(
        self, tenant_id: UUID, question: str, now: datetime = NOW, before: Sequence[str] = ()
    ) -> tuple[Report, list[Finding]]:
        """The builtin analyst's report after these questions, with what it is based on."""
        findings: list[Finding] = []
        while planned := next_calls(question, now, findings, before):
            for call in planned:
                result = await self.call(tenant_id, call.tool, **call.arguments)
                finding = Finding(
                    call_id=f"call-{len(findings) + 1}",
                    tool=call.tool,
                    arguments=call.arguments,
                    status="ok",
                    result=result.model_dump(mode="json"),
                )
                findings.append(finding)
        return write_report(question, now, findings, before), findings


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Usage]:
    """The module's ClickHouse with its schema."""
    client = await clickhouse.open_client(settings.clickhouse)
    try:
        await schema.ensure(client)
        async with postgres.pool(settings.postgres, min_size=0) as pool:
            yield Usage(client, pool)
    finally:
        await client.close()


def event(at: datetime, **fields: object) -> UsageEvent:
    """An event at this moment, in all else ordinary."""
    usual: dict[str, object] = {
        "workload": "chat",
        "model": "gpt-4o",
        "provider": "openai",
        "input_tokens": 100,
        "output_tokens": 10,
    }
    return UsageEvent(at=at, **{**usual, **fields})  # pyright: ignore[reportArgumentType] - a test's shorthand


def traffic_files(folder: Path) -> Mapping[str, Path]:
    """Two files of TIMESTAMP, ContextTokens and GeneratedTokens: the real ones, else generated ones of that shape."""
    if REAL.is_dir():
        return {name: REAL / f"{name}.csv" for name in ("code", "conv")}
    made = generate(GenerationPlan(end=NOW.replace(hour=0), days=2, requests_per_day=4000)).events
    halves = {"code": made[::3], "conv": [e for i, e in enumerate(made) if i % 3]}
    for name, events in halves.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["TIMESTAMP", "ContextTokens", "GeneratedTokens"])
            writer.writerows([f"{e.at:%Y-%m-%d %H:%M:%S.%f}0", e.input_tokens, e.output_tokens] for e in events)
    return {name: folder / f"{name}.csv" for name in halves}


def counted(path: Path) -> list[tuple[int, int]]:
    """Input and output tokens of each request of such a file, read by nothing but the csv module."""
    with path.open(newline="", encoding="utf-8") as file:
        return [(int(row["ContextTokens"]), int(row["GeneratedTokens"])) for row in csv.DictReader(file)]
