"""The types of the GraphQL schema, a file each, and how each is made from what the read models answer."""
