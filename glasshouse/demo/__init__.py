"""The demo: a whole house, a simulated greenhouse that speaks to it, and the oracle that judges the two."""
