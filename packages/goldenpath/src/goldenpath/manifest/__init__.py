"""The manifest: what a system is, as goldenpath.toml declares it."""
