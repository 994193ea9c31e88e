"""Too few of something."""
