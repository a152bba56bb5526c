"""What is known of AI usage: the ClickHouse schema, the import and the questions one may ask."""
