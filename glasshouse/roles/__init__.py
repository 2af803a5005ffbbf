"""Parts of the house as processes of their own, which meet in one event log and at one broker."""
