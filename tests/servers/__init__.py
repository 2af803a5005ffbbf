"""Servers that tests run against, which no package brings along."""
