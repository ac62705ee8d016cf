"""Physics engines and their translation from USD."""
