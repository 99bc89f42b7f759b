"""Code before it runs: mended, looked through for what Monty cannot do, checked. Nothing executes here."""
