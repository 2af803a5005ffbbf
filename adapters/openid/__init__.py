"""OpenID providers: who they are, and the keys with which they sign their tokens."""
