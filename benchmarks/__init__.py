"""How long a run takes in code mode: the plain agent, the peer and us side by side in one process."""
