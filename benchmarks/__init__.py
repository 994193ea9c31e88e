"""The measured claims: each script prints its table."""
