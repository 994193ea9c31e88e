"""The test already knows the train set."""
