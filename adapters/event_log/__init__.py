"""The event log: append-only, immutable, the only source of truth."""
