"""Models of a role asked in order: retries, fallback, breaker, budget, rows and cache, against real servers."""

import asyncio
import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from netra_models import KEY, endpoint, text
from netra_runs import eventually, new_person
from netra_stub import Stub, settings_of
from pydantic import SecretStr
from pydantic_ai.messages import ModelRequest, UserPromptPart

from netra.auth.principal import Principal
from netra.embedded.ports import free_port
from netra.events.union import ModelCall
from netra.llm.budgets import BudgetExceededError, DayBudget
from netra.llm.cache import AnswerCache
from netra.llm.chat import Request
from netra.llm.ledger import Caller, Ledger
from netra.llm.models import Answered, Models, Passed
from netra.llm.no_answer import NoAnswerError
from netra.settings.model import LLMSettings, ModelSettings, ProviderSettings, Settings
from netra.settings.timeouts import Timeouts
from netra.stores import postgres, valkey
from netra.stores.database import Pool
from netra.stores.spending import spent

PLENTY = {"free": DayBudget(tokens=1_000_000, cost_usd=10)}
PATIENT: Mapping[str, Any] = {"retry": {"tries": 2, "base_s": 0.02, "most_s": 5}}


def ask(words: str = "Say hello.") -> Request:
    return Request(messages=[ModelRequest(parts=[UserPromptPart(words)])], max_tokens=8)


class Room:
    """Models with their rows, and one person who asks."""

    def __init__(self, models: Models, pool: Pool, person: Principal) -> None:
        self.models = models
        self.pool = pool
        self.person = person
        self.run_id = uuid4()

    async def told(self, request: Request | None = None, *, shown: bool = True, seconds: float = 20) -> list[Any]:
        caller = Caller(
            run_id=self.run_id,
            user_id=self.person.user_id,
            tenant_id=self.person.tenant_id,
            attempt=1,
            role="reporting",
            until=asyncio.get_running_loop().time() + seconds,
        )
        turn = self.models.role("reporting").turn(caller)
        return [piece async for piece in turn.stream(request or ask(), shown=shown)]

    async def rows(self) -> list[dict[str, Any]]:
        query = "select * from llm_calls where run_id = $1 order by at"
        return [dict(row.items()) for row in await self.pool.fetch(query, self.run_id)]

    async def outcomes(self) -> list[str]:
        return [row["outcome"] for row in await self.rows()]


@asynccontextmanager
async def room(
    settings: Settings, llm: LLMSettings, budgets: Mapping[str, DayBudget] = PLENTY, price: Decimal | None = None
) -> AsyncGenerator[Room]:
    client = valkey.open_client(settings.redis)
    async with postgres.pool(settings.postgres) as pool:
        ledger = Ledger(pool, budgets, lambda _, tokens_in, tokens_out: price and price * (tokens_in + tokens_out))
        timeouts = Timeouts(llm_first_byte_s=1.5, llm_call_s=3)
        models = Models(llm, timeouts, ledger=ledger, cache=AnswerCache(client, llm.cache_ttl_s))
        try:
            yield Room(models, pool, await new_person(pool))
        finally:
            await models.aclose()
            await client.aclose()


def gone() -> ModelSettings:
    """A model at an endpoint that does not exist."""
    url = f"http://127.0.0.1:{free_port()}/v1"
    provider = ProviderSettings(name="nobody", kind="openai_compatible", base_url=url, api_key=SecretStr("k"))
    return ModelSettings(provider=provider, name="away")


def spare(stub: Stub) -> ModelSettings:
    """A model at another provider."""
    return ModelSettings(provider=stub.provider(name="spare"), name="scripted")


async def test_what_may_pass_is_tried_again_and_each_try_has_its_row(stub: Stub, settings: Settings) -> None:
    async with room(settings, settings_of(stub.model(), **PATIENT)) as here:
        await stub.play({"fault": "overloaded"}, text="All is well.")
        *texts, last = await here.told()
        assert "".join(texts) == "All is well."
        assert (last.call.outcome, last.call.tries) == ("answered", 2)
        first, second = await here.rows()
        assert (first["outcome"], first["input_tokens"], first["cost_usd"]) == ("llm_overloaded", None, None)
        assert (second["outcome"], second["input_tokens"], second["try"]) == ("ok", 2, 2)
        assert second["output_tokens"] == 3
        assert 0 < second["first_ms"] <= second["ms"]
        assert (second["provider"], second["model"], second["role"]) == ("stub", "scripted", "reporting")


async def test_retry_after_is_waited_out_when_it_is_short_and_not_when_it_is_long(
    stub: Stub, settings: Settings
) -> None:
    async with room(settings, settings_of(stub.model(), **PATIENT)) as here:
        await stub.play({"fault": "rate_limited", "retry_after": 1}, text="Yes.")
        began = asyncio.get_running_loop().time()
        await here.told()
        assert asyncio.get_running_loop().time() - began >= 1
        await stub.play({"fault": "rate_limited", "retry_after": 30}, text="Yes.")
        with pytest.raises(NoAnswerError) as failed:
            await here.told()
        assert failed.value.reason == "llm_rate_limited"
        assert len(await stub.asked()) == 1


async def test_the_next_model_answers_and_what_failed_before_is_said(stub: Stub, settings: Settings) -> None:
    async with room(settings, settings_of(gone(), spare(stub), **PATIENT)) as here:
        await stub.play(text="Here I am.")
        passed, *texts, last = await here.told()
        assert isinstance(passed, Passed)
        assert (passed.call.model, passed.call.outcome, passed.call.reason) == ("away", "failed", "llm_unreachable")
        assert (passed.call.tries, passed.following) == (2, "scripted")
        assert "".join(texts) == "Here I am."
        assert isinstance(last, Answered)
        assert last.call.provider == "spare"
        assert await here.outcomes() == ["llm_unreachable", "llm_unreachable", "ok"]


async def test_a_refused_key_goes_to_the_next_model_at_once_and_a_filter_to_nobody(
    stub: Stub, settings: Settings
) -> None:
    async with room(settings, settings_of(stub.model(key="wrong"), spare(stub), **PATIENT)) as here:
        await stub.play(text="Yes.")
        assert (await here.told())[0].call.reason == "llm_auth"
        await stub.play(fault="content_filter")
    async with room(settings, settings_of(stub.model(), spare(stub), **PATIENT)) as here:
        with pytest.raises(NoAnswerError) as failed:
            await here.told()
        assert failed.value.reason == "llm_content_filter"
        assert [call.model for call in failed.value.calls] == ["scripted"]
        assert await here.outcomes() == ["llm_content_filter"]


async def test_what_was_shown_is_not_begun_anew_and_what_was_not_is(stub: Stub, settings: Settings) -> None:
    async with room(settings, settings_of(stub.model(), spare(stub), **PATIENT)) as here:
        broken = {"fault": "broken_off", "after_tokens": 2, "text": "one two three four"}
        await stub.play(broken, text="all new")
        with pytest.raises(NoAnswerError) as failed:
            await here.told(shown=True)
        assert (failed.value.reason, len(await stub.asked())) == ("llm_unreachable", 1)
        await stub.play(broken, text="all new")
        (last,) = await here.told(shown=False)
        assert (last.response.text, last.call.tries) == ("all new", 2)


async def test_a_breaker_leaves_a_failing_provider_alone_and_lets_one_request_try_later(
    stub: Stub, settings: Settings
) -> None:
    quick = {"retry": {"tries": 1}, "breaker": {"failures": 2, "open_s": 0.6, "longest_s": 0.6}}
    async with room(settings, settings_of(stub.model(), **quick)) as here:
        await stub.play(fault="overloaded")
        for _ in range(3):
            with pytest.raises(NoAnswerError):
                await here.told()
        with pytest.raises(NoAnswerError) as failed:
            await here.told()
        assert len(await stub.asked()) == 2
        (call,) = failed.value.calls
        assert (call.outcome, call.reason, call.tries) == ("skipped", "llm_overloaded", 0)
        await stub.play(text="Well again.")

        async def well() -> bool:
            try:
                return (await here.told())[-1].call.outcome == "answered"
            except NoAnswerError:
                return False

        await eventually(well)
        assert (await here.told())[-1].call.outcome == "answered"


async def test_silence_costs_one_time_out_and_then_the_next_model_is_asked(stub: Stub, settings: Settings) -> None:
    async with room(settings, settings_of(stub.model(), spare(stub), **PATIENT)) as here:
        await stub.play({"fault": "hang"}, text="Quick.")
        passed, *_ = await here.told()
        assert (passed.call.reason, passed.call.tries) == ("llm_timeout", 1)


async def test_nothing_is_begun_past_the_deadline_and_no_wait_leads_over_it(stub: Stub, settings: Settings) -> None:
    async with room(settings, settings_of(stub.model(), **PATIENT)) as here:
        await stub.play(fault="hang")
        began = asyncio.get_running_loop().time()
        with pytest.raises(NoAnswerError) as failed:
            await here.told(seconds=1)
        assert failed.value.reason == "llm_timeout"
        assert asyncio.get_running_loop().time() - began < 3
        assert len(await stub.asked()) == 1


async def test_the_days_budget_ends_before_the_next_call(stub: Stub, settings: Settings) -> None:
    small = {"free": DayBudget(tokens=10, cost_usd=1)}
    async with room(settings, settings_of(stub.model()), small, Decimal("0.01")) as here:
        await stub.play(text="one two three four five six seven eight nine")
        await here.told()
        used = await spent(here.pool, here.person.user_id)
        assert (used.tokens, round(used.cost_usd, 6)) == (11, 0.11)
        with pytest.raises(BudgetExceededError) as over:
            await here.told()
        told = over.value.budget
        assert (told.name, told.limit, told.used) == ("tokens_per_day", 10, 11)
        assert len(await stub.asked()) == 1
        assert [row["cost_usd"] for row in await here.rows()] == [Decimal("0.110000000000")]


async def test_the_budget_of_money_counts_too_and_another_person_has_its_own(stub: Stub, settings: Settings) -> None:
    small = {"free": DayBudget(tokens=1000, cost_usd=0.05)}
    async with room(settings, settings_of(stub.model()), small, Decimal("0.01")) as here:
        await stub.play(text="one two three four five")
        await here.told()
        with pytest.raises(BudgetExceededError) as over:
            await here.told()
        assert over.value.budget.name == "cost_usd_per_day"
        here.person = await new_person(here.pool)
        await here.told()


async def test_a_call_that_is_cancelled_has_its_row(stub: Stub, settings: Settings) -> None:
    async with room(settings, settings_of(stub.model())) as here:
        await stub.play(fault="hang")
        asking = asyncio.create_task(here.told())

        async def begun() -> bool:
            return await here.outcomes() == ["open"]

        await eventually(begun)
        asking.cancel()
        await asyncio.wait([asking])

        async def told() -> bool:
            return await here.outcomes() == ["cancelled"]

        await eventually(told)


@pytest.mark.parametrize(("fault", "outcome"), [("hang_mid_stream", "cancelled"), ("broken_off", "llm_unreachable")])
async def test_what_came_of_an_answer_that_did_not_end_is_spent_and_marked_as_an_estimate(
    stub: Stub, settings: Settings, fault: str, outcome: str
) -> None:
    async with room(settings, settings_of(stub.model()), price=Decimal("0.01")) as here:
        await stub.play(fault=fault, text="one two three four", after_tokens=3)
        with suppress(NoAnswerError, TimeoutError):
            async with asyncio.timeout(1):
                await here.told()

        async def ended() -> bool:
            return await here.outcomes() == [outcome]

        await eventually(ended)
        row = (await here.rows())[0]
        assert (row["estimated"], row["input_tokens"] > 0, row["output_tokens"] > 0) == (True, True, True)
        used = await spent(here.pool, here.person.user_id)
        assert used.tokens == row["input_tokens"] + row["output_tokens"]
        assert used.cost_usd == pytest.approx(float(row["cost_usd"])) == pytest.approx(used.tokens * 0.01)


async def test_what_was_refused_costs_nothing_and_an_endpoint_that_counts_nothing_is_estimated(
    stub: Stub, settings: Settings
) -> None:
    async with endpoint(lambda _: text("one ", "two three")) as uncounted:
        url = uncounted.environ["LLM_BASE_URL"]
        provider = ProviderSettings(name="none", kind="openai_compatible", base_url=url, api_key=SecretStr(KEY))
        there = ModelSettings(provider=provider, name="scripted")
        async with room(settings, settings_of(stub.model(), there)) as here:
            await stub.play(fault="refused_key")
            await here.told()
            refused, answered = await here.rows()
    assert (refused["outcome"], refused["input_tokens"], refused["estimated"]) == ("llm_auth", None, False)
    assert (answered["outcome"], answered["estimated"]) == ("ok", True)
    assert (answered["input_tokens"], answered["output_tokens"]) == (3, 4)


async def test_an_equal_prompt_of_the_same_person_is_answered_from_the_cache(stub: Stub, settings: Settings) -> None:
    async with room(settings, settings_of(stub.model(), cache_ttl_s=60), price=Decimal("0.01")) as here:
        await stub.play({"text": "First."}, text="Second.")
        for words, text, outcome in (
            ("Say a.", "First.", "answered"),
            ("Say a.", "First.", "cached"),
            ("Say b.", "Second.", "answered"),
        ):
            *texts, last = await here.told(ask(words))
            assert ("".join(texts), last.call.outcome) == (text, outcome)
        here.person = await new_person(here.pool)
        assert (await here.told(ask("Say a.")))[-1].response.text == "Second."
        cached = (await here.rows())[1]
        assert (cached["outcome"], cached["input_tokens"], cached["cost_usd"]) == ("cached", 0, 0)


async def test_without_a_cache_every_prompt_is_asked(stub: Stub, settings: Settings) -> None:
    async with room(settings, settings_of(stub.model())) as here:
        await stub.play(text="Yes.")
        await here.told()
        await here.told()
        assert len(await stub.asked()) == 2


FAULTS = ("none", "overloaded", "server_error", "refused_key", "broken_off", "truncated", "invalid_json", "quota")


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_fails_every_call_has_its_row_and_the_end_is_an_answer_or_says_who_was_asked(
    stub: Stub, settings: Settings, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - equal seeds give equal scripts
    steps = [{"fault": chance.choice(FAULTS), "text": "one two three", "after_tokens": 1} for _ in range(30)]
    gentle = {"retry": {"tries": 3, "base_s": 0.01, "most_s": 1}, "breaker": {"failures": 3, "open_s": 0.05}}
    async with room(settings, settings_of(stub.model(), spare(stub), stub.model("openai"), **gentle)) as here:
        await stub.play(*steps, text="The end.")
        calls: list[ModelCall] = []
        ends: list[tuple[str, str]] = []
        for number in range(8):
            try:
                told = await here.told(shown=bool(number % 2))
                calls += [piece.call for piece in told if isinstance(piece, Passed | Answered)]
                assert isinstance(told[-1], Answered)
            except NoAnswerError as error:
                calls += error.calls
                ends.append((error.calls[-1].reason, error.reason))
        rows, asked = await here.rows(), await stub.asked()
        assert len(rows) == len(asked) == sum(call.tries for call in calls)
        assert all(row["ended_at"] for row in rows)
        assert all(last == said for last, said in ends)
        assert sum(row["outcome"] == "ok" for row in rows) == sum(call.outcome == "answered" for call in calls)
