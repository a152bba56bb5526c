"""SQL that people or models write: three walls between a text and other people's data."""
