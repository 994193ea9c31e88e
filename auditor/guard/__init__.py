"""Watches a fine-tune through held-out data: core knows no framework, adapters are thin."""
