"""The typed events of a run, and the laws of its log."""
