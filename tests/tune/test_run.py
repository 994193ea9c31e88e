"""The whole fine-tune, on tiny models: a few steps each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("transformers", reason="the extra `train` is not installed")
pytest.importorskip("accelerate", reason="the extra `train` is not installed")

import auditor
from auditor.cli import main
from auditor.guard.verdicts import Refused
from auditor.rows import InputError
from auditor.tune.run import AuditRefused

QUICK: dict[str, Any] = {"epochs": 1, "learning_rate": 1e-2, "select": ("IMB101",), "seeds": 1}


def ledger(folder: Path) -> list[tuple[Any, ...]]:
    lines = (folder / "holdout_ledger.jsonl").read_text().splitlines()
    return [tuple(json.loads(line)[k] for k in ("split", "purpose", "step", "value")) for line in lines]


@pytest.fixture(scope="module")
def tuned(bases: Path, spoken: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path]:
    """Exit code and output folder of one run by the command line."""
    home = tmp_path_factory.mktemp("run")
    spoken.to_csv(home / "all.csv", index=False)
    flags = ["--epochs", "2", "--learning-rate", "1e-2", "--seeds", "1", "--select", "IMB101,DUP101", "--isolated", "--quiet"]
    flags += ["-o", f"json={home / 'more.json'}"]
    code = main(["train", str(home / "all.csv"), "--base", str(bases / "bert"), "--output", str(home / "out"), *flags])
    return code, home / "out"


def test_a_run_writes_model_audit_page_and_records(tuned: tuple[int, Path]) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    _, out = tuned
    assert {"audit.json", "audit.html", "guard_state.json", "holdout_ledger.jsonl", "split.json"} <= {
        p.name for p in out.iterdir()
    }
    assert AutoModelForSequenceClassification.from_pretrained(out / "model").config.id2label == {0: "n", 1: "y"}
    assert len(AutoTokenizer.from_pretrained(out / "model")("the road")["input_ids"]) >= 2
    assert json.loads((out.parent / "more.json").read_text())["verdict"]


def test_the_exit_code_is_the_verdict_of_the_joint_audit(tuned: tuple[int, Path]) -> None:
    code, out = tuned
    said = json.loads((out / "audit.json").read_text())
    assert code == {"pass": 0, "fail": 1, "incomplete": 2}[said["verdict"]]
    assert {"IMB101", "TUN201", "FIT304"} <= {o["code"] for o in said["outcomes"] if o["status"] != "skipped"}


def test_the_model_is_compared_on_rows_that_no_choice_has_seen(tuned: tuple[int, Path]) -> None:
    _, out = tuned
    tuning = json.loads((out / "audit.json").read_text())["tuning"]
    assert [c["n"] for c in tuning["test"]] == [100] * 2
    assert tuning["test"][0]["tuned against"] == "linear probe on the frozen base"
    looks = ledger(out)
    assert [x[:2] for x in looks if x[0] == "test"] == [("test", "certify")]
    assert looks[-1][3] == pytest.approx(tuning["test"][0]["tuned"])


def test_looks_come_every_so_many_steps(tuned: tuple[int, Path]) -> None:
    tuning = json.loads((tuned[1] / "audit.json").read_text())["tuning"]
    steps = [e["step"] for e in tuning["evaluations"]]
    assert steps[:-1] == list(range(0, steps[-2] + 1, tuning["probe"]["every"]))


def test_a_failed_data_audit_trains_nothing_unless_it_is_accepted(bases: Path, spoken: pd.DataFrame, tmp_path: Path) -> None:
    train, test = spoken[:200], spoken[100:300]
    given: dict[str, Any] = {**QUICK, "validation": spoken[300:], "test": test, "select": ("LEK101",), "output": tmp_path / "o"}
    with pytest.raises(AuditRefused, match="--accept-audit") as refused:
        auditor.train(bases / "bert", train, **given)
    assert refused.value.audit.verdict == "fail"
    assert sorted(p.name for p in (tmp_path / "o").iterdir()) == ["audit.html", "audit.json"]
    audit = auditor.train(bases / "bert", train, **given, accept_audit=True, on_overfit="record")
    assert audit.verdict == "fail"
    assert any("accepted" in note for note in (audit.tuning or {})["notes"])


def test_too_few_held_out_rows_are_refused_before_the_first_step(bases: Path, spoken: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="at least 100"):
        auditor.train(bases / "bert", spoken[:120], output=tmp_path, **QUICK)
    assert not list(tmp_path.glob("checkpoint-*"))


def test_the_test_set_must_not_be_the_validation_set(bases: Path, spoken: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="test set is the validation set"):
        auditor.train(bases / "bert", spoken[:200], validation=spoken[200:], test=spoken[200:], output=tmp_path, **QUICK)


def test_an_interrupted_run_goes_on_to_the_same_ledger(
    bases: Path, spoken: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from auditor.tune import fitting

    class Killed(Exception):
        pass

    def dying(progress: Any, stage: str) -> Any:
        from transformers import TrainerCallback

        class Dies(TrainerCallback):
            def on_step_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
                if state.global_step == 9:
                    raise Killed

        return Dies()

    whole = auditor.train(bases / "bert", spoken, output=tmp_path / "whole", every=4, **QUICK)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(fitting, "_telling", dying)
        auditor.train(bases / "bert", spoken, output=tmp_path / "cut", every=4, **QUICK)
    (tmp_path / "cut" / "checkpoint-9").mkdir()
    (tmp_path / "cut" / "checkpoint-9" / "model.safetensors").write_bytes(b"half")
    on = auditor.train(bases / "bert", spoken, resume=tmp_path / "cut", every=4, **QUICK)
    assert ledger(tmp_path / "cut") == ledger(tmp_path / "whole")
    notes = (on.tuning or {})["notes"]
    assert any(n.startswith("checkpoint-9 was skipped") for n in notes)
    assert any("went on from checkpoint-8" in n for n in notes)
    assert judged(on) == judged(whole)


def judged(audit: Any) -> list[dict[str, Any]]:
    """The evaluations without the trainer's own loss, which is shown and never judged."""
    return [{k: v for k, v in e.items() if k != "logged_train_loss"} for e in audit.tuning["evaluations"]]


def test_nothing_whole_to_resume_from_is_said(bases: Path, spoken: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no whole checkpoint"):
        auditor.train(bases / "bert", spoken, resume=tmp_path, **QUICK)


def test_lora_trains_adapters_alone(bases: Path, spoken: pd.DataFrame, tmp_path: Path) -> None:
    audit = auditor.train(bases / "headed", relabelled(spoken), output=tmp_path, lora=True, **QUICK)
    trained = (audit.tuning or {})["trained"]
    assert trained["adapted_modules"] == 4 and 0 < trained["share"] < 1
    assert (tmp_path / "model" / "adapter_model.safetensors").is_file()
    kept = {line["layer"] for line in (audit.tuning or {})["layers"]}
    assert not any("word_embeddings" in name for name in kept)


def relabelled(frame: pd.DataFrame) -> pd.DataFrame:
    """With the numbers that a head without names has."""
    return frame.assign(label=(frame["label"] == "y").astype(int))


def test_labels_that_the_head_lacks_are_refused(bases: Path, spoken: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="labels outside the model's range"):
        auditor.train(bases / "headed", spoken, output=tmp_path, **QUICK)


def test_a_language_model_is_compared_with_its_base_by_loss(bases: Path, spoken: pd.DataFrame, tmp_path: Path) -> None:
    audit = auditor.train(bases / "gpt2", spoken[["text"]], output=tmp_path, epochs=1, learning_rate=1e-2, select=("DUP101",))
    only = (audit.tuning or {})["test"]
    assert [(c["tuned against"], c["metric"], c["verdict"]) for c in only] == [("the base model", "loss", "better")]


def test_answers_that_are_cut_away_leave_nothing_to_learn(bases: Path, tmp_path: Path) -> None:
    asked = pd.DataFrame({"prompt": [f"{x} the road was closed " for x in "abcdefgh"], "response": ["people wrote"] * 8})
    with pytest.raises(InputError, match="every label is masked"):
        auditor.train(bases / "gpt2", asked, output=tmp_path, max_length=4, select=("DUP101",))


def test_an_option_that_does_not_exist_is_refused(bases: Path, spoken: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="epoch"):
        auditor.train(bases / "bert", spoken, epoch=3)


def test_freeze_auto_says_what_it_tried_and_why(bases: Path, spoken: pd.DataFrame, tmp_path: Path) -> None:
    audit = auditor.train(bases / "bert", spoken, output=tmp_path, freeze="auto", on_overfit="record", **QUICK)
    told = audit.tuning or {}
    assert [t["trained"] for t in told["trials"]] == ["head only", "last 1 layers", "all layers"]
    assert sum(t["taken"] for t in told["trials"]) == 1
    assert any(note.startswith("freeze: ") for note in told["notes"])


def test_a_regression_is_compared_with_a_probe_by_squared_error(bases: Path, spoken: pd.DataFrame, tmp_path: Path) -> None:
    graded = spoken.assign(label=[float(t.count("the")) + i / 1000 for i, t in enumerate(spoken["text"])])
    audit = auditor.train(bases / "bert", graded, task="regression", output=tmp_path, **QUICK)
    (only,) = (audit.tuning or {})["test"]
    assert only["metric"] == "loss" and only["tuned against"].startswith("linear probe")


def test_few_rows_are_run_from_three_seeds_and_groups_are_compared(bases: Path, spoken: pd.DataFrame, tmp_path: Path) -> None:
    few = spoken.assign(person=["ab"[i // 2 % 2] for i in range(len(spoken))])
    roles = auditor.Roles(text="text", label="label", sensitive="person")
    given: dict[str, Any] = {**QUICK, "seeds": None, "learning_rate": 3e-3}
    parts: dict[str, Any] = {"validation": few[100:220], "test": few[220:]}
    audit = auditor.train(bases / "bert", few[:100], **parts, roles=roles, positive="y", output=tmp_path, **given)
    assert len((audit.tuning or {})["seeds"]["values"]) == 3
    bias = audit.bias or {}
    by = {s: {g["group"]: g for g in bias["groups"] if g["stage"] == s} for s in ("base", "tuned")}
    assert {g["stage"] for g in bias["groups"]} == set(by) and by["base"].keys() == by["tuned"].keys() == {"a", "b"}
    assert {s: {g["n"] for g in groups.values()} for s, groups in by.items()} == {"base": {100}, "tuned": {100}}
    assert {c["verdict"] for c in bias["comparisons"] if c["stage"] == "base"} <= {None}
    assert any(g["code"] == "TUN215" for g in (audit.tuning or {})["guards"])


def test_a_run_that_stops_being_finite_ends_with_its_evidence(bases: Path, spoken: pd.DataFrame, tmp_path: Path) -> None:
    audit = auditor.train(bases / "bert", spoken, output=tmp_path, **{**QUICK, "learning_rate": 1e38})
    assert audit.verdict == "fail"
    assert "TUN101" in {f.code for f in audit.findings}
    assert not (tmp_path / "model").exists() and (tmp_path / "audit.html").is_file()


def test_a_full_disk_is_one_line_and_an_earlier_checkpoint_stays(
    bases: Path, spoken: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import Trainer

    saved = Trainer._save_optimizer_and_scheduler

    def full(self: Any, folder: str) -> None:
        if folder.endswith("checkpoint-8"):
            raise OSError(28, "No space left on device")
        saved(self, folder)

    monkeypatch.setattr(Trainer, "_save_optimizer_and_scheduler", full)
    with pytest.raises(InputError, match="No space left"):
        auditor.train(bases / "bert", spoken, output=tmp_path, every=4, **QUICK)
    assert (tmp_path / "checkpoint-4" / "optimizer.pt").is_file()


@pytest.mark.parametrize("parts", [False, True])
def test_a_chat_set_is_tuned_on_what_the_assistant_says(bases: Path, spoken: pd.DataFrame, tmp_path: Path, parts: bool) -> None:
    def turn(role: str, text: str) -> dict[str, Any]:
        return {"role": role, "content": [{"type": "text", "text": text}] if parts else text}

    frame = pd.DataFrame({"messages": [[turn("user", "people wrote"), turn("assistant", t)] for t in spoken.text]})
    options: dict[str, Any] = {"epochs": 1, "learning_rate": 1e-2, "on_overfit": "record", "select": ("DUP101",)}
    audit = auditor.train(bases / "gpt2", frame, task="chat", output=tmp_path / "out", **options)
    only = (audit.tuning or {})["test"]
    assert [(c["tuned against"], c["metric"], c["verdict"]) for c in only] == [("the base model", "loss", "better")]
    assert (tmp_path / "out" / "audit.html").is_file()
