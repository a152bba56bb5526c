"""The rules that ship with goldenpath, read from their files once."""

from functools import cache
from importlib import resources
from typing import Any

import yaml

from goldenpath.code.model import Rule

FOLDER = "rules"


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, in order of file and place."""
    files = sorted(resources.files("goldenpath.code").joinpath(FOLDER).iterdir(), key=lambda file: file.name)
    listed: list[dict[str, Any]] = [
        one for file in files if file.name.endswith(".yml") for one in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]
    return tuple(Rule.model_validate(one) for one in listed)
