"""The label or the value is wrong."""
