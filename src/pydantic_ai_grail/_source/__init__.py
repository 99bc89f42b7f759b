"""Code before it runs: rewritten, looked through for what Monty cannot do, checked. Nothing executes here."""
