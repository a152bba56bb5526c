"""Adapters to PostgreSQL, Valkey and ClickHouse."""
