"""This data and this model do not match."""
