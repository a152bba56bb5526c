"""The questions one may ask of a tenant's usage, one module a question."""
