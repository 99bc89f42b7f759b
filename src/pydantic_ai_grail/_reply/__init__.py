"""From an outcome to what the model reads."""
