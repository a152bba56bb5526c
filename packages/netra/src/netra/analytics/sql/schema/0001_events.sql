-- name: create_imports
-- One row per committed import: inserting it is what makes the import's events visible, all at once.
create table if not exists workload_imports (
    tenant_id    UUID,
    import_id    UUID,
    source       String,
    events       UInt64,
    committed_at DateTime64(6, 'UTC')
)
engine = MergeTree
order by (tenant_id, import_id);

-- name: create_events
-- One row per request to a model; `cost_usd` is null when the model has no known price.
create table if not exists workload_events (
    tenant_id     UUID,
    event_id      UUID,
    import_id     UUID,
    at            DateTime64(6, 'UTC'),
    workload      LowCardinality(String),
    model         LowCardinality(String),
    provider      LowCardinality(String),
    input_tokens  UInt32,
    output_tokens UInt32,
    latency_ms    Nullable(Float64),
    cost_usd      Nullable(Decimal(18, 12)),
    status        LowCardinality(String),
    dimensions    Map(String, String)
)
engine = MergeTree
partition by toYYYYMM(at)
order by (tenant_id, at, event_id);

-- name: create_staging
-- Where an import gathers before its commit; a partition an import, so that it goes in one step.
create table if not exists workload_staging as workload_events
engine = MergeTree
partition by import_id
order by (tenant_id, at, event_id);
