"""The brains that language models serve, with all that stands behind them."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from redis.asyncio import Redis

from netra.agents.steps import Brain
from netra.agents.team import BUILTIN
from netra.analytics.pricing import PriceCatalogue
from netra.auth.plans import PLANS
from netra.llm.budgets import DayBudget
from netra.llm.ledger import Ledger, Price
from netra.runs.memory import Shortener
from netra.settings.model import LLMSettings, ModelSettings, Role
from netra.settings.timeouts import Timeouts
from netra.stores.database import Pool


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What brains need of their process."""

    pool: Pool
    valkey: Redis
    timeouts: Timeouts


@dataclass(frozen=True, kw_only=True)
class Minds:
    """What models serve: roles of the team, and the memory of threads."""

    brains: Mapping[Role, Brain] = field(default_factory=dict[Role, Brain])
    shortener: Shortener | None = None


def minds(settings: LLMSettings | None, shared: Shared, stack: AsyncExitStack) -> Minds:
    """A brain for each role that the settings give a model; closed with the stack."""
    if settings is None:
        return Minds()
    # The model clients take half a second to import; a worker without a model starts without them.
    from netra.agents.model_brain import ModelReporting, ModelTools, ModelWords  # noqa: PLC0415
    from netra.agents.model_memory import ModelShortener  # noqa: PLC0415
    from netra.llm.cache import AnswerCache  # noqa: PLC0415
    from netra.llm.models import Models  # noqa: PLC0415

    models = Models(
        settings,
        shared.timeouts,
        ledger=Ledger(shared.pool, budgets(), prices()),
        cache=AnswerCache(shared.valkey, settings.cache_ttl_s),
    )
    stack.push_async_callback(models.aclose)
    models.prepare()
    made: dict[Role, Brain] = {}
    for role in settings.roles:
        serving = models.role(role)
        match role:
            case "triage" | "data_helper":
                made[role] = ModelWords(serving, BUILTIN[role])
            case "data" | "optimization" | "actions":
                made[role] = ModelTools(serving, BUILTIN[role])
            case "reporting":
                made[role] = ModelReporting(serving, BUILTIN[role])
    remembers: Role = "reporting" if "reporting" in settings.roles else next(iter(settings.roles))
    return Minds(brains=made, shortener=ModelShortener(models.role(remembers)))


def budgets() -> Mapping[str, DayBudget]:
    """What each plan lets a person spend in a day."""
    return {
        plan: DayBudget(tokens=limits.tokens_per_day, cost_usd=limits.cost_usd_per_day)
        for plan, limits in PLANS.items()
    }


def prices() -> Price:
    """The public catalogue's prices of today; the name of a compatible endpoint's model alone proves no price."""
    catalogue = PriceCatalogue()

    def price(model: ModelSettings, input_tokens: int, output_tokens: int) -> Decimal | None:
        provider = model.provider
        known = catalogue.find(model.name, provider.name if provider.kind == "openai_compatible" else provider.kind)
        return catalogue.cost(known, datetime.now(UTC), input_tokens, output_tokens) if known else None

    return price
