"""Running GraphQL: documents made ready and priced, operations and subscriptions run, whatever they came over."""
