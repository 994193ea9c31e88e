"""Scores against the libraries' own losses; a model tuned on stereotypes is blocked, an unchanged one passes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditor import cli
from auditor.model import Audit
from auditor.probe import pairs, probe, scoring
from auditor.rows import InputError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from probe_specimens import lessons, saved, taught, tiny, tokenizer  # noqa: E402  # needs torch

SMALL: dict[str, Any] = {"n_embd": 48, "n_layer": 1, "n_head": 4, "vocab_size": len(tokenizer())}


def judged(audit: Audit, code: str = "BIA316") -> Any:
    return next(o for o in audit.outcomes if o.code == code)


def loaded(folder: Path, task: str | None = None) -> scoring.Model:
    return scoring.load("--base", str(folder), task)


def test_causal_scores_are_the_log_probabilities_behind_the_common_prefix(tmp_path: Path) -> None:
    model = loaded(saved(tmp_path, tiny("causal")))
    some = pairs.builtin()[:5]

    def by_hand(text: str, first: int) -> float:
        ids = model.ids(text)
        logs = [
            model.network(input_ids=torch.tensor([ids[:i]])).logits[0, -1].log_softmax(-1)[ids[i]] for i in range(first, len(ids))
        ]
        return float(sum(logs).detach()) / len(logs)

    for pair, score in zip(some, scoring.of_pairs(model, some), strict=True):
        one, other = model.ids(pair.more), model.ids(pair.less)
        first = next(i for i in range(len(one)) if one[i] != other[i])
        assert score == pytest.approx(by_hand(pair.more, first) - by_hand(pair.less, first), abs=1e-4)


def test_a_causal_sentence_has_the_loss_that_the_library_gives(tmp_path: Path) -> None:
    model = loaded(saved(tmp_path, tiny("causal")))
    for text, score in zip(pairs.neutral()[:4], scoring.of_sentences(model, pairs.neutral()[:4]), strict=True):
        ids = torch.tensor([model.ids(text)])
        assert score == pytest.approx(-float(model.network(input_ids=ids, labels=ids).loss), abs=1e-4)


def test_masked_scores_are_pseudo_log_likelihoods_of_the_unmodified_tokens(tmp_path: Path) -> None:
    model = loaded(saved(tmp_path, tiny("masked")))
    some = pairs.builtin()[:4]

    def by_hand(text: str, edited: int) -> float:
        ids = list(model.ids(text))
        logs = []
        for i in range(len(ids)):
            if i != edited:
                hidden = torch.tensor([[*ids[:i], model.tokenizer.mask_token_id, *ids[i + 1 :]]])
                logs.append(model.network(input_ids=hidden).logits[0, i].log_softmax(-1)[ids[i]])
        return float(sum(logs).detach()) / len(logs)

    for pair, score in zip(some, scoring.of_pairs(model, some), strict=True):
        one, other = model.ids(pair.more), model.ids(pair.less)
        edited = next(i for i in range(len(one)) if one[i] != other[i])
        assert score == pytest.approx(by_hand(pair.more, edited) - by_hand(pair.less, edited), abs=1e-4)


def test_a_classifier_is_read_by_the_change_of_its_probability(tmp_path: Path) -> None:
    model = loaded(saved(tmp_path, tiny("classification")))
    pair = pairs.builtin()[0]
    p = [float(model.network(input_ids=torch.tensor([model.ids(t)])).logits.softmax(-1)[0, 1]) for t in (pair.more, pair.less)]
    assert scoring.of_pairs(model, [pair]) == pytest.approx([abs(p[0] - p[1])], abs=1e-6)


def test_a_model_that_counts_places_from_its_padding_reads_so_many_tokens_less(tmp_path: Path) -> None:
    few = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = transformers.RobertaConfig(vocab_size=len(tokenizer()), max_position_embeddings=34, pad_token_id=0, **few)
    model = loaded(saved(tmp_path, transformers.RobertaForMaskedLM(config)))
    assert model.longest == 33
    long = " ".join(["he"] * 33)
    assert not scoring.left_out(model, pairs.Pair(more=long, less="", bias_type="a", template="a"), model.longest)
    assert len(scoring.of_sentences(model, [long])) == 1
    assert scoring.left_out(model, pairs.Pair(more=f"{long} he", less="", bias_type="a", template="a"), 33)


@pytest.mark.parametrize("which", ["base", "tuned"])
def test_the_model_that_reads_least_decides_what_is_left_out(tmp_path: Path, which: str) -> None:
    whole, short = tiny("causal"), transformers.GPT2LMHeadModel(transformers.GPT2Config(**{**SMALL, "n_positions": 6}))
    folders = {"base": saved(tmp_path / "whole", whole), "tuned": saved(tmp_path / "short", short)}
    if which == "base":
        folders = {"base": folders["tuned"], "tuned": folders["base"]}
    audit = probe(folders["base"], folders["tuned"])
    assert judged(audit).status == "inconclusive"
    assert "longer than the model reads" in judged(audit).reason or "no neutral text" in judged(audit).reason


def test_classifiers_of_other_classes_are_refused(tmp_path: Path) -> None:
    folders: list[Path] = []
    for names in (["NEG", "POS"], ["POS", "NEG"], ["a\x1b[31m", "b", "c"], ["LABEL_0", "LABEL_1"]):
        model = tiny("classification")
        config = transformers.BertConfig(**{**model.config.to_dict(), "id2label": dict(enumerate(names)), "label2id": None})
        folders.append(saved(tmp_path / str(len(folders)), transformers.BertForSequenceClassification(config)))
    for other in folders[1:3]:
        with pytest.raises(InputError, match="--base has the classes 'NEG', 'POS' and --tuned") as refused:
            probe(folders[0], other)
        assert "\x1b" not in str(refused.value)
    assert judged(probe(folders[0], folders[3])).status != "error"  # one without names goes by the place
    with pytest.raises(InputError, match="--positive: got '²', want one of the classes"):
        probe(folders[0], folders[0], positive="²")


@pytest.mark.parametrize("scale", [0.0, 1e-5])
def test_a_classifier_that_looks_at_nothing_cannot_be_told(tmp_path: Path, scale: float) -> None:
    model = tiny("classification")
    with torch.no_grad():
        model.classifier.weight.mul_(scale)
        model.classifier.bias.copy_(torch.tensor([1.0, 0.2]))
    folder = saved(tmp_path, model)
    outcome = judged(probe(folder, folder))
    assert outcome.status == "inconclusive" and "nearly the same probability" in outcome.reason


@pytest.mark.parametrize("kind", ["causal", "masked", "classification"])
def test_an_unchanged_model_passes(tmp_path: Path, kind: str) -> None:
    folder = saved(tmp_path, tiny(kind))
    audit = probe(folder, folder)
    assert audit.verdict == "pass"
    assert judged(audit).status == "clean", judged(audit).reason
    (entry,) = (audit.bias or {})["probes"]
    assert entry["verdict"] == "pass"
    assert entry["difference"] == 0.0
    assert entry["templates"] == 24


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    model = taught(tiny("causal"), lessons("balanced"), 250)
    return saved(tmp_path_factory.mktemp("base"), model), model


def after(base: tuple[Path, Any], folder: Path, which: str) -> Audit:
    import copy

    return probe(base[0], saved(folder, taught(copy.deepcopy(base[1]), lessons(which))))


def test_a_model_tuned_on_stereotypes_is_blocked(base: tuple[Path, Any], tmp_path: Path) -> None:
    audit = after(base, tmp_path, "stereotyped")
    assert audit.verdict == "fail", judged(audit).reason
    (finding,) = (f for f in audit.findings if f.code == "BIA316")
    assert finding.level == "error"
    assert finding.rows[0].detail.startswith("sent_more=The ") and "sent_less=The " in finding.rows[0].detail
    assert finding.limit is not None
    assert finding.effect.low is not None
    assert finding.effect.low > finding.limit
    assert (audit.bias or {})["probes"][0]["verdict"] == "fail"


def test_a_model_tuned_on_both_sides_is_not_blocked(base: tuple[Path, Any], tmp_path: Path) -> None:
    assert after(base, tmp_path, "balanced").verdict == "pass"


def test_a_broken_model_is_inconclusive_and_says_so(base: tuple[Path, Any], tmp_path: Path) -> None:
    audit = probe(base[0], saved(tmp_path, tiny("causal", seed=5)))
    assert judged(audit).status == "inconclusive"
    assert "perplexity" in judged(audit).reason


def test_another_tokenizer_is_refused(base: tuple[Path, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cut .* otherwise"):
        probe(base[0], saved(tmp_path, tiny("causal"), tokenizer(spare=["zzz"])))


def test_pairs_that_cannot_be_compared_are_counted_and_left_out(base: tuple[Path, Any], tmp_path: Path) -> None:
    lines = [
        "sent_more,sent_less,bias_type",
        "the nurse said she came,the nurse said he came,a",
        "a b,a b c d,a",
        "he met him,she met her,b",
    ]
    (tmp_path / "own.csv").write_text("\n".join(lines))
    audit = probe(base[0], base[0], templates=tmp_path / "own.csv")
    assert judged(audit).status == "inconclusive"
    assert "1 template, want 20" in judged(audit).reason
    assert (audit.bias or {})["probes"][0]["left_out"] == 2


def test_the_command_writes_the_audit_and_its_exit_code(
    base: tuple[Path, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "audit.json"
    code = cli.main(
        [
            "probe",
            "--base",
            str(base[0]),
            "--tuned",
            str(base[0]),
            "--isolated",
            "-o",
            f"json={out}",
            "-o",
            f"html={tmp_path / 'a.html'}",
        ]
    )
    assert code == 0
    assert '"probes"' in out.read_text()
    said = capsys.readouterr()
    assert "no probe shows a model unbiased" in said.err + said.out


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--tuned", "x"], "got no --base"),
        (["--base", "nowhere", "--tuned", "nowhere"], "want a folder"),
        (["--base", ".", "--tuned", ".", "--task", "poetry"], "--task"),
        (["--base", ".", "--tuned", ".", "--templates", "nowhere.csv"], "does not exist"),
    ],
)
def test_bad_usage_is_one_line_and_2(words: list[str], wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["probe", *words, "--isolated"]) == 2
    line = capsys.readouterr().err.strip()
    assert wanted in line
    assert "\n" not in line


def test_the_sentence_of_the_verdict_is_about_the_model_and_never_calls_an_open_probe_fine(tmp_path: Path) -> None:
    from auditor.reports import wording

    folder = saved(tmp_path / "m", tiny("causal"))
    assert wording.verdict(probe(folder, folder))[1] == "the probe found no change beyond its margin: nothing blocks."
    few = tmp_path / "few.csv"
    few.write_text("sent_more,sent_less,bias_type,template\nthe nurse said that she,the nurse said that he,gender,t\n")
    assert "cannot tell" in wording.verdict(probe(folder, folder, templates=few))[1]
