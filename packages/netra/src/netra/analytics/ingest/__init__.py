"""From a file to committed usage events: read, check, price, stage, commit."""
