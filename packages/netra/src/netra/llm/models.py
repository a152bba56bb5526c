"""The models of each role, asked in order until one answers; nothing about it is silent."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from pydantic_ai.messages import ModelResponse, TextPart

from netra.errors import LLMReason
from netra.events.union import ModelCall
from netra.llm.breakers import Breakers
from netra.llm.cache import AnswerCache
from netra.llm.chat import ChatModel, Request
from netra.llm.course import Again, Failed, Standing, after
from netra.llm.desk import CallRow, Desk
from netra.llm.failures import CallError, failed
from netra.llm.ledger import Caller, Ledger
from netra.llm.no_answer import NoAnswerError
from netra.llm.said import tell
from netra.settings.model import LLMSettings, ModelSettings, Role
from netra.settings.timeouts import Timeouts


@dataclass(frozen=True, kw_only=True)
class Passed:
    """A model did not answer; the next one is asked."""

    call: ModelCall
    following: str


@dataclass(frozen=True, kw_only=True)
class Answered:
    """The whole response, and who gave it."""

    response: ModelResponse
    call: ModelCall


class Models:
    """Every configured model, for the life of a process."""

    def __init__(self, settings: LLMSettings, timeouts: Timeouts, *, ledger: Ledger, cache: AnswerCache) -> None:
        """Nothing is connected yet; raises ConfigError when a provider's client is not installed."""
        self._desk = Desk(ledger=ledger, cache=cache, breakers=Breakers(settings.breaker), retry=settings.retry)
        self._chats: Mapping[ModelSettings, ChatModel] = {m: ChatModel(m, timeouts) for m in settings.models}
        self._roles = settings.roles

    def role(self, role: Role) -> "RoleModels":
        """The models that serve this role."""
        return RoleModels(tuple(self._chats[model] for model in self._roles[role]), self._desk)

    def prepare(self) -> None:
        """Begin to make their clients; whoever asks first waits for them."""
        for chat in self._chats.values():
            chat.prepare()

    async def aclose(self) -> None:
        """Close their connections, and complete their rows."""
        await self._desk.ledger.aclose()
        for chat in self._chats.values():
            await chat.aclose()


class RoleModels:
    """The models of one role."""

    def __init__(self, chats: tuple[ChatModel, ...], desk: Desk) -> None:
        """Ask these, in this order."""
        self._chats = chats
        self._desk = desk

    @property
    def name(self) -> str:
        """The first one's name: who is asked while nothing fails."""
        return self._chats[0].settings.name

    def turn(self, caller: Caller) -> "Turn":
        """Ask them for this caller."""
        return Turn(self._chats, self._desk, caller)


class _GoneError(Exception):
    """A model will not answer this request."""

    def __init__(self, call: ModelCall, reason: LLMReason, *, final: bool) -> None:
        super().__init__(reason)
        self.call = call
        self.reason: LLMReason = reason
        self.final = final


@dataclass(kw_only=True)
class _Standing:
    """Where one model's answer to one request is."""

    more: bool
    """Whether another model could be asked."""
    began: float = field(default_factory=time.perf_counter)
    tries: int = 0
    trial: bool = False
    """Its provider's breaker waits for this one."""
    failed: bool = False
    wait_s: float | None = None
    """Until the next try, if there is to be one."""

    def call(self, model: ModelSettings, reason: LLMReason) -> ModelCall:
        """What is to be said of a model that did not answer."""
        outcome = "failed" if self.failed else "skipped"
        return _call(model, outcome, tries=self.tries, began=self.began, reason=reason)


class Turn:
    """What one agent asks of its models in one turn."""

    def __init__(self, chats: tuple[ChatModel, ...], desk: Desk, caller: Caller) -> None:
        """Nothing is asked yet."""
        self._chats = chats
        self._desk = desk
        self._caller = caller
        self.calls: list[ModelCall] = []
        """Every model that was asked or passed over, in order."""

    async def stream(self, request: Request, *, shown: bool) -> AsyncGenerator[str | Passed | Answered]:
        """The answer, its text piece by piece if it is shown as it comes; what was shown is never begun anew.

        Raises NoAnswerError, BudgetExceededError.
        """
        for number, chat in enumerate(self._chats):
            following = self._chats[number + 1].settings.name if number + 1 < len(self._chats) else ""
            async with aclosing(self._one(chat, request, following, shown=shown)) as pieces:
                async for piece in pieces:
                    yield piece
            if self.calls[-1].outcome in {"answered", "cached"}:
                return

    async def _one(
        self, chat: ChatModel, request: Request, following: str, *, shown: bool
    ) -> AsyncGenerator[str | Passed | Answered]:
        """The answer of one model, or that the next one is asked. Raises NoAnswerError when there is none."""
        try:
            async with aclosing(self._with(chat, request, shown=shown, more=bool(following))) as pieces:
                async for piece in pieces:
                    yield piece
        except _GoneError as gone:
            self.calls.append(gone.call)
            if gone.final or not following:
                raise self._no_answer(chat.settings, gone.reason) from gone
            yield Passed(call=gone.call, following=following)

    async def _with(
        self, chat: ChatModel, request: Request, *, shown: bool, more: bool
    ) -> AsyncGenerator[str | Answered]:
        """One model, as often as it is worth it. Raises _GoneError."""
        at = _Standing(more=more)
        kept = await self._desk.cache.get(self._caller.user_id, chat.settings, request)
        if kept is not None:
            for piece in await self._from_cache(kept, chat.settings, shown=shown):
                yield piece
            return
        while True:
            admission = self._desk.breakers.admit(chat.settings.provider.name)
            if (reason := admission.refused) is not None:
                raise _GoneError(at.call(chat.settings, reason), reason, final=False)
            at.tries, at.trial, at.wait_s = at.tries + 1, admission.trial, None
            async with aclosing(self._tried(chat, request, at, shown=shown)) as pieces:
                async for piece in pieces:
                    yield piece
            if at.wait_s is None:
                return
            await asyncio.sleep(at.wait_s)

    async def _tried(
        self, chat: ChatModel, request: Request, at: "_Standing", *, shown: bool
    ) -> AsyncGenerator[str | Answered]:
        """One try, after which `at` says whether to wait for another. Raises _GoneError when there is to be none."""
        try:
            async with aclosing(self._once(chat, request, at, shown=shown)) as pieces:
                async for piece in pieces:
                    yield piece
        except CallError as error:
            reason = error.failed.reason
            move = self._after(error.failed, at)
            at.failed = True
            if not isinstance(move, Again):
                raise _GoneError(at.call(chat.settings, reason), reason, final=move == "end") from error
            at.wait_s = move.wait_s

    def _after(self, failed: Failed, at: "_Standing") -> Again | str:
        chance = random.random()  # noqa: S311 - spreads load, guards nothing
        standing = Standing(at.tries, at.more, self._caller.seconds_left, chance)
        return after(failed, standing, self._desk.retry)

    async def _once(
        self, chat: ChatModel, request: Request, at: "_Standing", *, shown: bool
    ) -> AsyncGenerator[str | Answered]:
        """One call, with its row. Raises CallError."""
        row = CallRow(self._desk, self._caller, chat.settings, trial=at.trial)
        await row.begin(at.tries, request)
        spoke = False
        try:
            async with aclosing(self._heard(chat, request, row, at.tries)) as pieces:
                async for piece in (piece async for piece in pieces if shown or not isinstance(piece, str)):
                    spoke = True
                    yield piece
        except CallError as error:
            await row.failed(error.failed)
            raise CallError(error.failed._replace(spoke=spoke)) from error
        finally:
            row.leave()

    async def _heard(
        self, chat: ChatModel, request: Request, row: CallRow, tries: int
    ) -> AsyncGenerator[str | Answered]:
        """What the model says, and its row when it is done."""
        began = time.perf_counter()
        async with aclosing(chat.ask(request, self._caller.seconds_left)) as pieces:
            async for piece in pieces:
                row.told.piece()
                if isinstance(piece, str):
                    row.heard(piece)
                    yield piece
                else:
                    await row.answered(piece)
                    tell(row.told, request.messages, piece.response)
                    await self._desk.cache.put(self._caller.user_id, chat.settings, request, piece.response)
                    yield self._answered(chat.settings, piece.response, tries, began)

    def _answered(self, model: ModelSettings, response: ModelResponse, tries: int, began: float) -> Answered:
        call = _call(model, "answered", tries=tries, began=began)
        self.calls.append(call)
        return Answered(response=response, call=call)

    async def _from_cache(self, kept: ModelResponse, model: ModelSettings, *, shown: bool) -> list[str | Answered]:
        await self._desk.ledger.cached(self._caller, model)
        call = ModelCall(model=model.name, provider=model.provider.name, outcome="cached", tries=0)
        self.calls.append(call)
        texts = [part.content for part in kept.parts if isinstance(part, TextPart) and shown]
        return [*texts, Answered(response=kept, call=call)]

    def _no_answer(self, model: ModelSettings, reason: LLMReason) -> NoAnswerError:
        error = failed(reason, model=model.name, key=model.provider.key_variable)
        return NoAnswerError(error, tuple(self.calls))


def _call(model: ModelSettings, outcome: str, *, tries: int, began: float, reason: str = "") -> ModelCall:
    told = {"outcome": outcome, "reason": reason, "tries": tries, "ms": _ms(began)}
    return ModelCall.model_validate({"model": model.name, "provider": model.provider.name, **told})


def _ms(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)
