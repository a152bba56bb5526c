"""A manifest of a small system that the tests describe, run and break."""

from goldenpath.manifest.model import System
from goldenpath.manifest.parse import parse

MANIFEST = """
[system]
name = "shop"

[contract]
schema_command = ["shop", "schema", "{environment}"]
fingerprint_command = ["shop", "fingerprint"]
revision_variable = "SHOP_REVISION"

[components.db]
kind = "postgres"
lifetime = "environment"
run = ["postgres", "-D", "{state}/db", "-p", "{port:db}"]

[components.db.address]
host = "DB_HOST"
port = "DB_PORT"
user = "DB_USER"
password = "DB_PASSWORD"
database = "DB_NAME"
tls = "DB_TLS"

[components.cache]
kind = "redis"
lifetime = "environment"
run = ["valkey-server"]
address = { host = "CACHE_HOST", port = "CACHE_PORT", password = "CACHE_PASSWORD" }

[components.lake]
kind = "clickhouse"
lifetime = "environment"
required = false
run = ["clickhouse"]
address = { host = "LAKE_HOST", port = "LAKE_PORT", user = "LAKE_USER", password = "LAKE_KEY", database = "LAKE_DB" }

[components.model]
kind = "llm"
lifetime = "environment"
run = ["model"]
address = { host = "", port = "", url = "MODEL_URL", password = "MODEL_KEY", model = "MODEL_NAME" }

[components.api]
kind = "web"
lifetime = "revision"
run = ["shop", "serve"]
address = { host = "API_HOST", port = "API_PORT" }

[[edges]]
from = "api"
to = "db"

[[edges]]
from = "api"
to = "cache"
connect_ms = 5000
query_ms = 5000

[[edges]]
from = "api"
to = "lake"

[[edges]]
from = "api"
to = "model"

[doors]
component = "api"
health = "/health"
ready = "/ready"
version = "/version"
revision_field = "revision"
fingerprint_field = "fingerprint"
socket = "/ws"

[journeys.buy]
title = "Ask for something"
value = "All of it"
owner = "sales"
needs = ["api", "db"]

[journeys.buy.login]
path = "/login"
body = { name = "{nonce}", password = "{secret}" }
token_field = "token"

[journeys.buy.conversation]
ready = { type = "ready" }
send = { type = "ask", content = "What is it? ({nonce})" }
until = [{ type = "agent_completed", "data.final" = true }]
failure = [{ type = "agent_failed" }, { type = "error" }]
reason_field = "data.reason"
component_field = "data.component"
expect = ["agent_started", "tool_executing", "tool_completed", "agent_completed"]
first_of_agent = "agent_started"
pairs = [["tool_executing", "tool_completed", "data.call_id"]]
deadline_s = 1.5

[proof.rows]
component = "db"
sql = "select count(*) from asked where content like '%' || $1 || '%'"

[proof.log]
component = "api"
field = "request_id"

[suites.e2e]
path = "e2e"

[environments.local]
target = "local"

[environments.local.variables]
SHOP_REVISION = "{revision}"
DB_PORT = "{port:db}"
DB_PASSWORD = "{secret:43}"
STATE = "{state}/shop"
"""


def system() -> System:
    """The system of this manifest."""
    return parse(MANIFEST)
