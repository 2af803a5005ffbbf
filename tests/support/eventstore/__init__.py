"""A double of EventStoreDB: the same wire, the same rules where clients get hurt, and a fault switch.

`python -m tests.support.eventstore --port 0` is the server, `process.py` its handle for tests, `switch.py` its faults.
"""
