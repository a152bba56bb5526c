"""The drills of this repository: real faults in the real netra, named, repaired and green again, unattended."""

from pathlib import Path

import pytest
from drill_selection import LIVE
from whole_project import project

pytestmark = [pytest.mark.drills, pytest.mark.timeout(2100)]
EXPECTED = {
    "postgres-host-missing": ("postgres:variable_missing", "restore_variable"),
    "redis-host-newline": ("redis:variable_malformed", "strip_variable"),
    "postgres-connect-5s": ("postgres:connect_delay", "restore_variable"),
    "llm-key-refused": ("llm:llm_key_refused", "restore_variable"),
    "worker-frozen": ("worker:process_frozen", "continue_process"),
}


def test_every_drill_of_the_selection_is_named_repaired_and_green_again(tmp_path: Path) -> None:
    with project(tmp_path) as own:
        code, result, said = own.run("drill", "run", *LIVE, seconds=2000)
        drills = {d["id"]: d for d in result.get("drills", [])}
        failed = [f"{d['id']}: {d['reason']}" for d in drills.values() if not d["passed"] and not d["not_run"]]
        assert (code, failed) == (0, []), f"{failed}\n{said[-4000:]}"
        for name, (cause, fix) in EXPECTED.items():
            assert (drills[name]["named"], drills[name]["rank"], drills[name]["fixed"]) == ([cause], 1, True)
            assert [tuple(f) for f in drills[name]["fixes"]] == [(fix, "verified")]
        assert (drills["worker-frozen"]["ask"]["accepted"], drills["worker-frozen"]["ask"]["lawful"]) == (1, True)
        assert (drills["healthy"]["named"], drills["healthy"]["fixes"]) == ([], [])
        total = result["summary"]
        assert (total["false_alarms"], total["wrong"]) == (0, 0)
        assert total["right_first"] >= 0.95 * total["faults"]
        assert total["fixed"] >= 0.9 * total["repairable"]
