"""Whom to tell of alerts, and when: pure decisions over the log and over time."""
