"""A cell's calls, prints and checks in the event stream and the history of its agent's run. Changes nothing of the cell."""
