"""MQTT: a session over gmqtt, and the embedded broker."""
