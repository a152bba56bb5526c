"""The models of a deployment: from one endpoint's variables, or from the file that LLM_CONFIG names."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from pydantic import SecretStr

from netra.errors import ConfigError
from netra.settings.llm_file import LLMFile, ProviderEntry, read_file
from netra.settings.model import Environment, LLMSettings, ModelSettings, ProviderKind, ProviderSettings, Role
from netra.settings.rules import Violation, check_one
from netra.settings.variables import BY_NAME, Variable

FILE = "LLM_CONFIG"
SHORT_FORM = ("LLM_BASE_URL", "LLM_MODEL", "LLM_API_KEY", "LLM_ROLES")
USUAL: Mapping[ProviderKind, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
    "openai_compatible": "",
}
"""Where each kind of provider is, when the file does not say."""
ONLY = "llm"
"""The provider's name in the short form."""


def llm_violations(environ: Mapping[str, str], environment: Environment) -> tuple[Violation, ...]:
    """What is wrong with the file of LLM_CONFIG and with the keys it names."""
    path = environ.get(FILE)
    if not path or path != path.strip():
        return ()
    doubled = [name for name in SHORT_FORM if name in environ]
    found = [Violation(variable=name, rule="conflict", message=f"set although {FILE} is") for name in doubled]
    if not Path(path).is_absolute():
        return (*found, Violation(variable=FILE, rule="format", message=f"is no absolute path: {path!r}"))
    try:
        file = read_file(Path(path))
    except ConfigError as error:
        return (*found, Violation(variable=FILE, rule="format", message=error.message))
    for name, provider in file.providers.items():
        found += _of_provider(name, provider, environ, environment)
    return tuple(found)


def key_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the variables that hold keys, as far as the file can be read."""
    path = environ.get(FILE)
    if not path:
        return ()
    try:
        return tuple(sorted({provider.key for provider in read_file(Path(path)).providers.values()}))
    except ConfigError:
        return ()


def content(environ: Mapping[str, str]) -> str:
    """A digest of the file, for the fingerprint; the file's name when it cannot be read, empty without one."""
    path = environ.get(FILE, "")
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest() if path else ""
    except OSError:
        return path


def llm_settings(environ: Mapping[str, str]) -> LLMSettings | None:
    """The models, from variables that keep the contract; None without any."""
    if environ.get(FILE):
        return _from_file(read_file(Path(environ[FILE])), environ)
    return _short_form(environ) if environ.get("LLM_BASE_URL") else None


def _short_form(environ: Mapping[str, str]) -> LLMSettings:
    provider = ProviderSettings(
        name=ONLY,
        kind="openai_compatible",
        base_url=environ["LLM_BASE_URL"],
        api_key=SecretStr(environ["LLM_API_KEY"]),
    )
    model = ModelSettings(provider=provider, name=environ["LLM_MODEL"])
    roles = (environ.get("LLM_ROLES") or BY_NAME["LLM_ROLES"].default or "").split(",")
    return LLMSettings(roles={cast("Role", role): (model,) for role in roles})


def _from_file(file: LLMFile, environ: Mapping[str, str]) -> LLMSettings:
    providers = {
        name: ProviderSettings(
            name=name,
            kind=entry.kind,
            base_url=entry.base_url or USUAL[entry.kind],
            api_key=SecretStr(environ[entry.key]),
            key_variable=entry.key,
            lists_models=entry.lists_models,
        )
        for name, entry in file.providers.items()
    }
    models = {
        name: ModelSettings(provider=providers[entry.provider], name=entry.name, temperature=entry.temperature)
        for name, entry in file.models.items()
    }
    named = cast("dict[Role, tuple[str, ...]]", file.roles.model_dump())
    return LLMSettings(
        roles={role: tuple(models[name] for name in names) for role, names in named.items() if names},
        retry=file.retry,
        breaker=file.breaker,
        cache_ttl_s=file.cache.ttl_s,
    )


def _of_provider(
    name: str, provider: ProviderEntry, environ: Mapping[str, str], environment: Environment
) -> list[Violation]:
    key = Variable(name=provider.key, meaning=f"Key of {name}.", secret=True)
    if provider.key not in environ:
        message = f"not set although {FILE} names it for provider {name}"
        return [Violation(variable=provider.key, rule="missing", message=message)]
    found = check_one(key, environ, environment)
    url = Variable(name=FILE, meaning="", kind="url")
    wrong = check_one(url, {FILE: provider.base_url or USUAL[provider.kind]}, environment)
    if wrong:
        wrong = wrong.model_copy(update={"message": f"providers.{name}.base_url {wrong.message}"})
    return [violation for violation in (found, wrong) if violation]
