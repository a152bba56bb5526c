"""A scripted language model behind the doors of OpenAI, Anthropic and Google, for tests and drills."""
