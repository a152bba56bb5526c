"""Rules on declared and observed state; each returns findings."""
