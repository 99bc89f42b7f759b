"""What a cell did, entry by entry, and what may be used of it again. Knows stores; nothing of the sandbox or the agent."""
