"""Log -> log or outside: what the house does of itself. Has effects, so it is never rebuilt; each is fenced by an append."""
