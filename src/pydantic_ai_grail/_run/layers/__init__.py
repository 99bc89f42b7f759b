"""The layers of a call: each answers some calls, for one reason, and leaves the others to the next. `../pipeline.py` composes them."""
