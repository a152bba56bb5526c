"""Who answers: the roster of agents, and the brains that decide what each does next."""
