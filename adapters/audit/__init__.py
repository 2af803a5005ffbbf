"""The audit store: who read and changed what, and who was refused. It is no part of the log."""
