"""Log -> read models. Every read model can be rebuilt from the log at any time."""
