"""Where snapshots live: the contract and its implementations."""
