"""The splits, or the file and the world, differ."""
