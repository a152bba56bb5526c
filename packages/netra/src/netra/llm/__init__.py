"""Language models over HTTP: one client, and failures with a machine-readable reason."""
