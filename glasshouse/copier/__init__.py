"""`copy-log`: one event log into another, over the port alone."""
