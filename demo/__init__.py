"""An agent that audits the Python environment it runs in: three turns of one conversation, each a process of its own."""
