"""Retention: how long raw rows and windows stay in the store, and the job that moves them out."""
