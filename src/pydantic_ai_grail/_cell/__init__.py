"""One call of `run_code`, from the message history to the reply. Knows Pydantic AI, states and journals; nothing of SQL."""
