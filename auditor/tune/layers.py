"""Which parameters are trained: all, the last layers, or adapters."""

from __future__ import annotations

from typing import Any

from auditor.rows import InputError

RANK = 8  # of the adapters: .33 % of a 22.7 M encoder
ALPHA = 16  # twice the rank, as is usual
DROPOUT = 0.05  # of the adapters: that of the paper's encoders
TARGETS = (
    ("q_proj", "v_proj"),
    ("query", "value"),
    ("q_lin", "v_lin"),
    ("query_proj", "value_proj"),
    ("c_attn",),
    ("query_key_value",),
    ("qkv_proj",),
    ("Wqkv",),
)
"""Names of attention projections by family of models; the first pair that a model has is adapted (Hu et al. 2021)."""


def blocks(model: Any) -> list[Any]:
    """The layers of the model from first to last: its longest list of modules."""
    import torch

    lists = [m for m in model.modules() if isinstance(m, torch.nn.ModuleList) and any(True for _ in m.parameters())]
    return list(max(lists, key=lambda m: len(list(m)))) if lists else []


def freeze(model: Any, count: int) -> None:
    """Freezes the embeddings and the first `count` layers. Raises InputError where the model has fewer."""
    found = blocks(model)
    if count > len(found):
        raise InputError(f"--freeze: got {count} layers, the model has {len(found)}")
    inside = {id(p) for block in found for p in block.parameters()}
    for name, parameter in model.named_parameters():
        early = any(word in name for word in ("embed", "wte", "wpe"))
        if early and id(parameter) not in inside:
            parameter.requires_grad_(False)
    for block in found[:count]:
        for parameter in block.parameters():
            parameter.requires_grad_(False)


def adapted(model: Any, kind: str) -> Any:
    """The model with low-rank adapters on its attention. Raises InputError where no module has a known name."""
    try:
        from peft import LoraConfig, get_peft_model
    except ModuleNotFoundError as cause:
        raise InputError(f"--lora needs {cause.name}: pip install 'tune-auditor[train]'") from None

    names = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    target = next((t for t in TARGETS if set(t) <= names), None)
    if target is None:
        raise InputError(
            f"--lora: matched 0 modules of {type(model).__name__} "
            f"(looked for {', '.join(t[0] for t in TARGETS)}); tune without it"
        )
    task = "SEQ_CLS" if kind in ("classification", "regression") else "CAUSAL_LM"
    settings = LoraConfig(
        r=RANK,
        lora_alpha=ALPHA,
        lora_dropout=DROPOUT,
        target_modules=list(target),
        task_type=task,
        fan_in_fan_out=target == ("c_attn",),  # GPT-2's transposed linear layer
    )
    return get_peft_model(model, settings)


def share(model: Any) -> dict[str, Any]:
    """How many parameters are trained, of how many."""
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    whole = sum(p.numel() for p in model.parameters())
    return {"trained": trained, "of": whole, "share": trained / whole if whole else None}


def matched(model: Any) -> int:
    """Modules that carry an adapter."""
    return sum(hasattr(m, "lora_A") for m in model.modules())
