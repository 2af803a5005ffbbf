"""The command line: thin entry points, one file a command."""
