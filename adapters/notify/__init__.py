"""Ways to tell people: webhooks of our own, and whatever Apprise reaches."""
