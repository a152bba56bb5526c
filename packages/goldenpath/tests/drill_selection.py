"""The drills that `pytest -m drills` runs live: every injector, every group, the watch, and the five of the first hour.

The evidence of all others is replayed by `test_bundles.py` in seconds; `goldenpath drill run --all` runs every one.
"""

LIVE = (
    # config
    "postgres-host-missing",
    "redis-host-newline",
    "variable-misspelt",
    "deploy-overwrote-variables",
    "two-independent-mistakes",
    # process
    "worker-frozen",
    "worker-killed",
    "redis-frozen",
    "redis-killed-for-memory",
    "redis-files-used-up",
    # network, unprivileged and in a network of its own
    "postgres-connect-5s",
    "redis-packets-dropped",
    "route-to-redis-gone",
    "first-resolver-silent",
    "redis-name-gone",
    "redis-host-cut-off",
    "redis-connections-limited",
    # datastore
    "postgres-table-locked",
    "redis-memory-full",
    "postgres-disk-full",
    "redis-disk-read-only",
    # llm
    "llm-key-refused",
    "llm-provider-limits",
    "llm-provider-errors-while-live",
    "llm-hangs-midway-while-live",
    # events
    "nobody-executes-what-is-asked",
    "upgrade-stripped",
    # auth
    "origin-missing",
    # release
    "bad-import",
    # control
    "healthy",
    "rolling-deploy",
    "slower-within-budget",
    "recovered-before-anybody-looked",
    "old-incident-in-the-logs",
    "idle-sessions",
    "flaky-test",
    "watched-and-well",
)
