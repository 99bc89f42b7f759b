"""The only door to `pydantic_monty`: workers, suspended programs, values and failures."""
