"""How clients reach the API: GraphQL over HTTP and over websockets, and what all HTTP of ours shares."""
