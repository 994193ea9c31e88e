"""Anything that holds rows, opened as a Source: nothing is read yet."""
