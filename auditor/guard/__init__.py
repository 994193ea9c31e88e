"""Watches a fine-tune through held-out data: the core knows no framework, adapters are thin.

The core is `auditor.guard.core.Guard`; this page is what an adapter relies on.

An adapter measures, the core judges:

    guard = Guard(train, validation, on_overfit="restore-best", directory="out")
    guard.preflight(Facts(n_train=..., n_held_out=..., trainable=...))   raises Refused before the first step
    guard.resume(checkpoint_directory)                       reads the sidecar; no sidecar, no change
    guard.see(Evaluation(step=0, held_out=..., retained=...))    step 0 = the base model: what forgetting is measured against
    for each optimiser step, BEFORE the optimiser writes:
        guard.step(step, loss=..., gradient_norm=..., ids=...)   raises GuardStop where a number is not finite
    at each evaluation:
        verdicts = guard.see(Evaluation(step=..., epoch=..., held_out=Losses(...), probe=Losses(...)))
        if guard.wants_stop: stop after this step
    guard.saved(step, directory)                             a checkpoint exists: its path is noted, the sidecar written into it
    guard.finish(stop_step=..., selected=...)                the run is over; `guard.restore_step` is the step to go back to
    guard.tuning                                             the section `tuning` of audit.json
    guard.audit()                                            the joint audit, with its verdict

`Losses` holds per-example results in the order of `ids`, made in evaluation mode by one function for probe and held-out
rows: `ids` (n,) and `loss` (n,) in nats, and where known `label` (n,) 0..K-1, `probabilities` (n, K), `right` (n,) bool,
`cluster` (n,), `groups` {attribute: (n,)}. On several ranks: gather by id first, drop padding duplicates; every rank may
call `see` with the same reduced numbers and gets the same verdicts; only rank 0 calls `saved` (or sets `guard.writes`).
`probe_rows(n, labels, size, seed)` chooses the training rows of the probe.

`see` gives one `GuardVerdict` a check: `code, name, status` (`ok|warning|alarm|cannot-tell`)`, statistic, limit, step,
first_step, n, reason, message, advice, statistics`. Actions (`on_overfit`): `record`, `stop`, `restore-best` set
`wants_stop`; `raise` raises GuardStop from `see`. They answer an alarm of TUN201, TUN203 and TUN211; non-finite numbers
(`step`) and `preflight` always raise.

Secrets that `auditor.guard.torch.canaries.plant` put among the training rows are ranked at every evaluation with
`Guard(canaries=...)`, and listed in `guard.tuning["canaries"]` so that they can be taken out again.

Single numbers go in by `guard.fact(name, value)` and are read at the next evaluation: `accumulation_ratio`,
`evaluation_ratio`, `accumulation`, `world_size` (TUN102), `trainable`, `update_ratio`, `untouched_parameters` (TUN103),
`prior_entropy` (TUN205, where labels are no classes), `steps_an_epoch`.
"""
