"""What libraries would read of the environment behind the contract counts for nothing."""

import json
import os
import subprocess
import sys

FOREIGN = {
    "PGSSLMODE": "verify-full",
    "PGTARGETSESSIONATTRS": "standby",
    "OPENAI_ORG_ID": "org-of-somebody-else",
    "ANTHROPIC_CUSTOM_HEADERS": "x-a: b",
    "OTEL_SDK_DISABLED": "true",
}
PROGRAM = """
import json, os
from netra.settings import contract
environ = contract.process_environment()
contract.process_environment()
print(json.dumps([sorted(environ), contract._ignored]))
"""


def test_they_are_taken_out_of_the_process_and_what_the_contract_names_stays() -> None:
    own = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "POSTGRES_HOST": "127.0.0.1"}
    given = {**{k: v for k, v in os.environ.items() if k == "PATH"}, **own, **FOREIGN}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=given, capture_output=True, text=True, check=True)
    names, ignored = json.loads(done.stdout)
    assert set(own) <= set(names)
    assert not set(FOREIGN) & set(names)
    assert ignored == sorted(FOREIGN)
