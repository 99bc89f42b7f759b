"""From code to an outcome: one cell is prepared, checked and driven through its calls."""
