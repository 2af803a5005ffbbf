"""What both directions of a dialect lean on: how a device of it calls its topics and the parts of its actuators."""
