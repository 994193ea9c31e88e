"""PyTorch: per-example losses measured without leaving a trace, and a watch around a plain training loop."""

from __future__ import annotations

from auditor.guard.torch.watch import watch as watch
