"""What outlives a cell, a turn and a process: sealed snapshots, found by the message history."""
