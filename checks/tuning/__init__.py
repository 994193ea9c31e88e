"""Faults of a fine-tune: overfitting, divergence, forgetting, memorisation, broken losses."""
