"""For implementers of stores and for tests of agents: the store contract as a suite, a scripted model."""
