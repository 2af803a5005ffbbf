"""Read models -> people: GraphQL over HTTP and websocket, access, limits, health, metrics and the page."""
