"""Active measurements of a system; each returns observations and never raises for a fault of the target."""
