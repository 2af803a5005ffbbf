"""Versions of read models: filled beside the one that serves, compared with it, and put in its place."""
