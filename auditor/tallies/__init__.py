"""Mergeable counts that two or more checks read."""
