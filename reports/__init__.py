"""An Audit as something to read: one writer a file; no data, no check, no computing."""
