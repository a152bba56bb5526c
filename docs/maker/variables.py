"""`variables.md`: netra's environment contract."""

import re

from netra.settings.variables import BY_NAME, SECRET_LENGTH, VARIABLES, Kind, Variable

from .markdown import code, page, table
from .source import NETRA

KINDS: dict[Kind, str] = {
    "text": "printable text",
    "host": "host name or address",
    "port": "port, 1 to 65535",
    "url": "http or https address",
    "origins": "origins, comma-separated",
    "roles": "roles, comma-separated",
    "choice": "one of a few words",
    "key": "base64url of 32 bytes",
    "keys": "base64url of 32 bytes each, comma-separated",
    "networks": "addresses or networks, comma-separated",
    "collector": "http or https address, this machine's too",
    "pairs": "name=value, comma-separated",
    "ratio": "number from 0 to 1",
}
"""What each kind of value looks like; `netra.settings.rules` checks it."""
INTRODUCTION = """\
# Variables of netra

The environment contract. Servers read nothing else from the environment, and no variable switches a check off.

- `netra config check` lists every violation at once; `netra config show` prints the effective values, of a secret only
  its length; `netra config schema --environment staging` prints the same rules as JSON Schema.
- Every value: no white space around it, not empty where one is required, printable.
- In `local` the datastores may be left out: `netra up` and `netra ask` start embedded servers and set their variables.
- In `staging` and `production` no host, address or origin may mean the machine itself, and no secret may look like a
  placeholder.
- Variables of one group are set together or not at all.
"""


PERSON = {
    "NETRA_URL": "Address of the server to ask; `--url` goes before it.",
    "NETRA_EMAIL": "Account to ask as; `--email` goes before it.",
    "NETRA_PASSWORD": "Its password; asked for on the terminal otherwise.",
}
"""What the commands of a person read besides the contract."""
ASKING = "## Read by `netra ask` and `netra chat` alone"


def made() -> str:
    """The page."""
    rules = f"- A secret has at least {SECRET_LENGTH} characters."
    head = ("variable", "required in", "default", "value", "meaning")
    own = [(code(name), PERSON[name]) for name in sorted(_read_by_commands())]
    contract = table(head, (_row(v) for v in VARIABLES))
    return page([INTRODUCTION.rstrip(), rules], contract, [ASKING], table(("variable", "meaning"), own))


def _read_by_commands() -> set[str]:
    """Names of variables in the code of commands that are not in the contract."""
    files = (NETRA / "cli").rglob("*.py")
    found = {name for file in files for name in re.findall(r'"(NETRA_[A-Z_]+)"', file.read_text(encoding="utf-8"))}
    return found - BY_NAME.keys()


def _row(variable: Variable) -> tuple[str, ...]:
    group = f"with its group, {code(variable.group)}" if variable.group else ""
    required = ", ".join(variable.required_in) or group
    kind = f"{', '.join(map(code, variable.choices))}" if variable.choices else KINDS[variable.kind]
    secret = "secret, " if variable.secret else ""
    own = " Each process has its own; no part of the fingerprint." if variable.process_only else ""
    return code(variable.name), required, code(variable.default or ""), secret + kind, variable.meaning + own
