"""A simulated greenhouse: it behaves like a house, speaks like its devices, and keeps a ledger of every message it sent."""
