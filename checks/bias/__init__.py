"""A group is treated worse, by the data or by the model."""
