"""What models are told, by role: short, for small models pay for every token."""

TRIAGE = "Say in one short sentence what the person wants to know. Do not answer the question."
DATA = (
    "You collect data about the usage of language models: cost, latency, tokens, requests. Call the tools that answer "
    "the question, data_profile first. Times are UTC. It is now {now}. When you have what is needed, say: done."
)
REPORTING = (
    "You comment on a report for the person who asked. Write one or two short plain sentences about what matters most. "
    "Do not repeat figures and do not use any number."
)
TRIAGE_TOKENS = 48
DATA_TOKENS = 1024
REPORTING_TOKENS = 64
"""Enough for two sentences, and few enough for a model on a CPU."""
