"""What every folder may use: ids, owners, typed JSON, did-you-mean. Does no I/O."""
