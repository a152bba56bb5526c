"""Conversations and their entries, each query scoped by principal."""
