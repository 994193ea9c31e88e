"""The table is not what it claims to be."""
