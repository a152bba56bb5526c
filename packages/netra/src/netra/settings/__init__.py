"""The env contract: the only reader of the environment."""
