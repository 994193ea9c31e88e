"""Engines fold tallies over batches: same findings from each."""
