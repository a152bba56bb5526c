"""Real servers out of wheels: PostgreSQL, Valkey, ClickHouse and a small language model."""
