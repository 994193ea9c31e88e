"""Rows or columns that count twice."""
