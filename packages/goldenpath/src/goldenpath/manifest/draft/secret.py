"""Which values of a draft must not stand in a manifest, which everybody may read; pure."""

from collections.abc import Iterator, Mapping

from goldenpath.manifest.draft.plan import Plan
from goldenpath.manifest.draft.service import Source
from goldenpath.manifest.fill import FILE, holds_secret, placeholders
from goldenpath.manifest.logins import has_password

ENV_FILE = ".env"


def secrets_in(variables: Mapping[str, str]) -> dict[str, str]:
    """Those that the draft would show: secrets by their name, and addresses with a password."""
    return {
        name: text
        for name, text in variables.items()
        if text and not placeholders(text) and (holds_secret(name, text, {}) or has_password(text))
    }


def with_references(plan: Plan, secrets: Mapping[str, str]) -> Plan:
    """The plan with these values in the environment's own file."""
    return plan.model_copy(update={"variables": plan.variables | {n: f"{{{FILE}{n}}}" for n in secrets}})


def remarks_on_secrets(source: Source, variables: Mapping[str, str], secrets: Mapping[str, str]) -> Iterator[str]:
    """What a person has to write into the environment's own file, or to move there."""
    known = source.in_file | (frozenset[str]() if source.env_file else frozenset(secrets))
    wanted = {p.removeprefix(FILE) for text in variables.values() for p in placeholders(text) if p.startswith(FILE)}
    for name in sorted(wanted - known):
        yield f"{name}: {source.file} gives no value: write it into {source.env_file or ENV_FILE}"
    if not source.env_file:
        if secrets:
            yield f"{ENV_FILE}: it holds {', '.join(secrets)}: keep it out of the repository"
        return
    for name in secrets:
        yield f"{name}: it is a secret: move it to {source.env_file} and say {{{FILE}{name}}}"
