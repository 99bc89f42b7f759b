"""The refund desk: an agent writes cells over an order database, and refunds above 100 wait for a person.

`python -m examples.refund_desk` serves it as web pages, `python -m examples.refund_desk.cli` runs it from the command
line. Both keep everything in one folder: `shop.db` is the company's, `desk.db` the application's (conversations,
decisions), `agent.db` the library's (variables and journals of cells).
"""
