"""Outside -> log: decoders, ingress checks, deduplication, batching, dead letters, receipts."""
