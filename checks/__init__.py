"""The built-in checks: one file a check, one folder a harm."""
