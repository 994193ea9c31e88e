"""TUN105."""

from __future__ import annotations

from auditor.check import Specimen
from auditor.model import Effect, Level
from auditor.runcheck import RunCheck, Seen
from auditor.tallies.evaluations import Evaluations

LOSS = [[1.0, 1.1]]


class UnusableCheckpoint(RunCheck):
    """The checkpoint that should be kept cannot be loaded, answers otherwise than the model that was saved, or is gone.

    ## Why
    The best weights exist only as long as their files do; rotation deletes them, a full disk cuts them.

    ## Measured
    Largest difference of the logits of a reloaded checkpoint from the model's: error above 1e-5. Free disk / size of the last
    checkpoint: ratio, error below 2. For a finished run: GL of the best checkpoint that still exists, percent, and whether it
    lies inside the noise band of the best evaluation: an error where the one named best is gone and no equal one exists.

    ## Fix
    Keep the best (load_best_model_at_end, a larger save_total_limit), free disk, and save again.

    ## Known limits
    Whole files are told by their headers and lengths; what lies inside is not read. Pickles are never opened and never count.

    ## Source
    1e-5 is float32 rounding over the layers of a small model; two checkpoints of room, because a new one is written before an
    old one is deleted.
    """

    code = "TUN105"
    difference: float = 1e-5  # of logits
    room: float = 2.0  # sizes of the last checkpoint
    good = Specimen(train={"step": [10], "held_out_loss": LOSS, "fact_reload_difference": [0.0], "fact_disk_room": [50.0]})
    bad = (
        Specimen(train={"step": [10], "held_out_loss": LOSS, "fact_reload_difference": [0.5]}),
        Specimen(train={"step": [10], "held_out_loss": LOSS, "fact_disk_room": [0.5]}),
    )

    def at(self, run: Evaluations) -> Seen | str:
        difference, room = run.fact("reload_difference"), run.fact("disk_room")
        if difference is None and room is None:
            return "no checkpoint was reloaded"
        level: Level | None = None
        if difference is not None and not difference <= self.difference:
            level, said = "error", f"the reloaded checkpoint's logits differ by {difference:.2g}"
        elif room is not None and room < self.room:
            level, said = "error", f"the disk has room for {room:.1f} checkpoints, want {self.room:g}"
        else:
            said = "the checkpoint can be loaded and there is room for the next"
        by_room = difference is None or (level is not None and difference <= self.difference)
        value, limit = (room, self.room) if by_room else (difference, self.difference)
        effect = Effect(
            name="disk_room" if by_room else "reload_difference", value=value, unit="checkpoints" if by_room else "logits"
        )
        numbers = {"reload_difference": difference, "disk_room": room}
        return self.seen(run, effect, said, level=level, limit=limit, numbers=numbers, n=1, split="train")
