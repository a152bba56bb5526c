"""The builtin analyst: questions to tool calls to a report, in pure code without a language model."""
