"""The composition root: settings, wiring and the command line. The only place that builds adapters."""
