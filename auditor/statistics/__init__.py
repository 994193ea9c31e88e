"""Intervals, tests and corrections, each with its source; no data, no checks."""
