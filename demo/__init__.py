"""An agent that audits the Python environment it runs in: four turns of one conversation, in processes of their own."""
