"""Steps that make a strategy real, and the change that a person ordered. Pure; no number is in a step."""

from netra.agents.builtin.figures import Figures, name, quoted
from netra.agents.builtin.intent import Intent
from netra.agents.builtin.plan import Call
from netra.agents.findings import Finding
from netra.analytics.queries.budget import BudgetSet
from netra.analytics.queries.what_if import Kind

TITLES: dict[Kind, str] = {
    "route_by_difficulty": "Route easy requests to a smaller model",
    "prompt_caching": "Cache the part of prompts that repeats",
    "batching": "Send in batches what nobody waits for",
    "output_cap": "Cap the length of answers",
    "move_share": "Move requests to another model",
}
STEPS: dict[Kind, tuple[str, ...]] = {
    "route_by_difficulty": (
        "Let the smaller model answer a sample of real requests below both limits, beside the present one.",
        "Have people or a test set compare the answers before any traffic moves.",
        "Route by the length of the prompt and the expected answer; keep a way back for answers that are refused.",
        "Begin with one workload, watch errors and complaints, then widen.",
    ),
    "prompt_caching": (
        "Put what never changes (instructions, examples, tools) first in the prompt and what changes last.",
        "Mark the prefix as cacheable where the provider asks for it.",
        "Watch cached tokens in the usage data; requests must follow each other before the cache forgets.",
    ),
    "batching": (
        "List the requests that nobody waits for: nightly jobs, evaluations, backfills, reports.",
        "Send these through the provider's batch interface, with a retry at the usual price for what is late.",
    ),
    "output_cap": (
        "Ask for the wanted length in the prompt, so that answers end by themselves.",
        "Set the provider's limit of output tokens a little above it, and count answers that end because of it.",
    ),
    "move_share": (
        "Let the other model answer a sample of real requests and compare the answers.",
        "Move a small share first; compare errors, latency and complaints; then widen.",
    ),
}


def ordered(intent: Intent) -> tuple[Call, str] | None:
    """The call with an effect that the person asked for, and why, in a plain sentence; None when none was."""
    if intent.budget_usd is None:
        return None
    call = Call(tool="set_budget", arguments={"monthly_usd": intent.budget_usd})
    return call, f"You asked to set the monthly budget to ${intent.budget_usd:,.2f}. A budget warns, it stops nothing."


def outcome(finding: Finding, figures: Figures) -> str:
    """What became of an ordered change."""
    if finding.status == "refused":
        return (
            f"**The budget was not changed**: the approval was not given ({quoted(finding.error or 'no reason told')})."
        )
    if finding.status != "ok":
        said = quoted(finding.error or finding.status)
        return f"**The budget may not have been changed**: {name(finding.tool)} says {said}. Look before you ask again."
    found = BudgetSet.model_validate(finding.result)
    now = figures.about(finding, "monthly_usd", found.monthly_usd)
    before = "There was none before."
    if found.previous_usd is not None:
        before = f"Before, it was {figures.about(finding, 'previous_usd', found.previous_usd)}."
    return (
        f"**The budget is now {now} a calendar month** for all workloads together. {before} It warns and stops nothing."
    )
