"""From observations to causes: computed, pure, and silent where the evidence stops."""
