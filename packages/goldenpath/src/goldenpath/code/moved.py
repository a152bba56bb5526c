"""Rules out of the manifest's list of what moved: an import by the old path is a finding with its change; pure."""

import re
from collections.abc import Iterator, Mapping

from goldenpath.code.model import Rule

ID = "moved"


def moved_rules(moved: Mapping[str, str]) -> Iterator[Rule]:
    """Two rules for each name: one for its statement, one for its use with the whole path."""
    for old, new in moved.items():
        where, _, name = old.rpartition(".")
        to_where, _, to_name = new.rpartition(".")
        said = {"severity": "medium", "message": f"{old} has moved to {new}", "foretells": ("module_missing",)}
        why = "The old place is kept for a while and then goes; whoever imports it stops."
        whole = rf"^from\s+{re.escape(old)}\s+import\b"
        yield Rule.model_validate(
            {
                "id": ID,
                **said,
                "why": why,
                "rule": {"kind": "import_from_statement", "regex": whole},
                "fix": f"{old}->{new}",
            }
        )
        if where and to_name == name:
            part = rf"^from\s+{re.escape(where)}\s+import\s+{re.escape(name)}\s*$"
            fix = f"from {to_where} import {to_name}"
            rule = {"kind": "import_from_statement", "regex": part}
            yield Rule.model_validate({"id": ID, **said, "why": why, "rule": rule, "fix": fix})
        plain = rf"^import\s+{re.escape(old)}\s*$"
        yield Rule.model_validate(
            {"id": ID, **said, "why": why, "rule": {"kind": "import_statement", "regex": plain}, "fix": None}
        )
