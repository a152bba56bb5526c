"""The target `local`: every process of an environment on this machine, kept by one supervisor."""
