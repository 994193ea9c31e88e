"""The weights of the best evaluation, kept until the run is over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from auditor.guard.sidecar import write_whole
from auditor.rows import InputError

FILE = "guard_best.safetensors"


class Keeper:
    """Keeps what training changes: trained parameters and buffers. On disk where there is a folder, else in memory."""

    def __init__(self, directory: Path | None, writes: bool = True) -> None:
        self.directory = directory
        self.writes = writes
        self.step: int | None = None
        self.held: dict[str, Any] = {}

    def keep(self, model: Any, step: int) -> None:
        """The weights as they are now. An earlier file stays until the new one is whole.

        Raises InputError where the folder cannot take it (a full disk): the earlier one is still there.
        """
        state = {name: value.detach().cpu().contiguous().clone() for name, value in changing(model)}
        self.step = step
        if self.directory is None:
            self.held = state
            return
        if not self.writes:
            return
        from safetensors.torch import save

        path = self.directory / FILE
        try:
            write_whole(path, save(state, metadata={"step": str(step)}))
        except OSError as cause:
            raise InputError(
                f"{path}: the best weights could not be written ({cause}); free the disk, earlier ones are kept"
            ) from None

    def restore(self, model: Any) -> bool:
        """Puts the best weights back; False where none were kept."""
        state = self.held
        if self.directory is not None and (self.directory / FILE).exists():
            from safetensors.torch import load_file

            state = load_file(str(self.directory / FILE))
        if not state:
            return False
        with torch.no_grad():
            for name, value in changing(model):
                if name in state:
                    value.copy_(state[name])
        return True


def changing(model: Any) -> list[tuple[str, Any]]:
    """Trained parameters and floating buffers, by name."""
    parameters = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    return parameters + [(n, b) for n, b in model.named_buffers() if b.is_floating_point() and b.numel()]
