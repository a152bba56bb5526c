"""Causes as data: what each predicts, what refutes it, which probe decides, and what should have caught it."""
