"""Alert rules at work: one evaluator, the same live, after a restart and in a back-test."""
