"""What the placeholders of the manifest stand for: ports and secrets that stay with the environment, and names."""

import hashlib
import json
import math
import secrets
from collections.abc import Mapping

from pydantic import Field

from goldenpath.deploy.local.disk import read_json, write_json
from goldenpath.deploy.local.layout import SHARED
from goldenpath.deploy.local.ports import choose
from goldenpath.deploy.local.site import Site
from goldenpath.errors import ManifestError
from goldenpath.facts import Record
from goldenpath.manifest.dotenv import pairs
from goldenpath.manifest.fill import FILE, REFERENCE, SECRET, fill, holds_secret, placeholders, references_of
from goldenpath.manifest.logins import without_passwords

SHORTEST, LONGEST = 8, 1024
BITS_A_CHARACTER = 6
MASK = "[secret]"
FINGERPRINT_LENGTH = 12


class Ports(Record):
    """The ports that stay with the environment."""

    front: int
    components: dict[str, int]


class Variables(Record):
    """A revision's variables as they were given: texts to fill in, and values to take as they are."""

    templates: dict[str, str]
    literals: dict[str, str] = Field(default_factory=dict[str, str])

    def names(self) -> tuple[str, ...]:
        """Every variable, those to take as they are first."""
        return tuple(dict.fromkeys((*self.literals, *self.templates)))

    def texts(self) -> dict[str, tuple[str, bool]]:
        """Each variable's text, and whether it is taken as it is."""
        return {n: (t, False) for n, t in self.templates.items()} | {n: (t, True) for n, t in self.literals.items()}


def environment_ports(site: Site) -> Ports:
    """The environment's ports, chosen at the first call. Hold the lock."""
    known = read_json(site.layout.ports)
    ports = Ports.model_validate(known) if known else Ports(front=choose(()), components={})
    missing = [name for name in site.components("environment") if name not in ports.components]
    return choose_again(site, ports, missing) if missing or not known else ports


def choose_again(site: Site, ports: Ports, names: list[str]) -> Ports:
    """Give these components new ports, and write all down. Hold the lock."""
    components = dict(ports.components)
    for name in names:
        components[name] = choose({ports.front, *components.values()})
    chosen = Ports(front=ports.front, components=components)
    write_json(site.layout.ports, chosen.model_dump())
    return chosen


def names_of(site: Site, revision: str, ports: Mapping[str, int]) -> dict[str, str]:
    """What every placeholder but secrets stands for; `{front}` is the port of the people's door."""
    fixed = {"state": str(site.layout.data), "revision": revision or SHARED, "environment": site.environment}
    fixed["front"] = str(environment_ports(site).front)
    return fixed | {f"port:{component}": str(port) for component, port in ports.items()}


def fill_variables(site: Site, variables: Variables, names: Mapping[str, str]) -> dict[str, str]:
    """Every variable's value; a secret is made at the first call and kept. Hold the lock."""
    kept = read_json(site.layout.secrets)
    before = dict(kept)
    filled, given = dict(variables.literals), _given(site)
    names = {**names, **{f"{FILE}{name}": value for name, value in given.items()}}
    # What refers to another variable comes after all that do not; the manifest allows no longer chains.
    for variable, template in sorted(variables.templates.items(), key=lambda item: bool(references_of(item[1]))):
        if any(p.startswith(FILE) and p not in names for p in placeholders(template)):
            continue  # not in the file: the variable is not set, which the contract's check says
        if any(name not in filled for name in references_of(template)):
            continue  # what it is made of is not set, so neither is it
        here = dict(names) | {f"{REFERENCE}{name}": value for name, value in filled.items()}
        for placeholder in placeholders(template):
            if placeholder.startswith(SECRET):
                here[placeholder] = _secret(kept, variable, placeholder)
        filled[variable] = _fill(site, variable, template, here)
    if kept != before:
        write_json(site.layout.secrets, kept)
    return {name: filled[name] for name in variables.names() if name in filled}


def _given(site: Site) -> dict[str, str]:
    """What the environment's own file says; ManifestError when it is named and cannot be read."""
    if not site.spec.env_file:
        return {}
    try:
        return dict(pairs((site.project / site.spec.env_file).read_text(encoding="utf-8")))
    except OSError as error:
        where = f"environments.{site.environment}.env_file"
        hint = "write the values of the manifest's {file:NAME} into it, a line `NAME=VALUE` each"
        raise ManifestError(f"{site.spec.env_file}: {error.strerror}", where=where, hint=hint) from error


def fingerprint_of(variables: Variables) -> str:
    """A name for what a revision was made from: equal for equal texts, whatever ports and name it was given."""
    said = json.dumps(sorted(variables.texts().items()))
    return hashlib.sha256(said.encode()).hexdigest()[:FINGERPRINT_LENGTH]


def masked(site: Site, text: str) -> str:
    """The text without the environment's secrets."""
    given = [value for name, value in _given(site).items() if len(value) >= SHORTEST and holds_secret(name, "", {})]
    for secret in (*read_json(site.layout.secrets).values(), *given):
        text = text.replace(str(secret), MASK)
    return without_passwords(text)


def _secret(kept: dict[str, str], variable: str, placeholder: str) -> str:
    length = placeholder.removeprefix(SECRET)
    if not length.isdigit() or not SHORTEST <= int(length) <= LONGEST:
        raise ManifestError(f"{{{placeholder}}}: the length is {SHORTEST} to {LONGEST}", where=variable)
    if len(kept.get(variable, "")) != int(length):
        kept[variable] = new_secret(int(length))
    return kept[variable]


def new_secret(length: int) -> str:
    """Random characters that need no quoting; 43 of them are 256 bits, and base64url of 32 bytes."""
    exact = secrets.token_urlsafe(length * BITS_A_CHARACTER // 8)
    longer = secrets.token_urlsafe(math.ceil((length + 1) * BITS_A_CHARACTER / 8))
    return exact if len(exact) == length else longer[:length]


def _fill(site: Site, variable: str, template: str, names: Mapping[str, str]) -> str:
    try:
        return fill(template, names)
    except ManifestError as error:
        where = f"environments.{site.environment}.variables.{variable}"
        raise ManifestError(error.message, where=where, hint=error.hint) from error
