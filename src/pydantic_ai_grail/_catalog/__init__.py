"""From an agent's tools to typed Python names: what a cell may call, what the checker and the model read."""
