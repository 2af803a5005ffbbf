"""The event log in EventStoreDB, known as KurrentDB since version 25: over the protocol that esdbclient carries."""
