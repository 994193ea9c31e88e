"""The text is not text worth learning."""
