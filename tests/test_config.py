"""auditor.toml: found, read, compared with the checks; wrong keys refused with the nearest good one."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from auditor import config
from auditor.cli import asked
from auditor.model import Audit
from auditor.rows import InputError

WHOLE = """
version = 1

[data.adult]
train = "data/train.csv"
test = "data/test.csv"
task = "classification"
positive = ">50K"

[data.adult.roles]
label = "income"
sensitive = ["sex", "race"]
id = "row_id"

[select]
rules = ["VAL", "DUP", "IMB", "BIA"]

[rules.BIA102]
error_if = "ratio < 0.70"
warn_if = "ratio < 0.85"
min_group = 40
bound = "favourable"

[gate]
policy = "default"
fail_on = "error"
require = ["IMB101", "BIA102"]
max_waiver_days = 90
new_only = false

[report]
html = "audit.html"
evidence = "none"
clauses = ["eu-ai-act", "nist-ai-rmf"]
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "auditor.toml"


def test_the_whole_shape_is_read(file: Path) -> None:
    file.write_text(WHOLE)
    what = asked.asked({})
    request = what.request
    assert (request.data, request.train, request.test) == ("adult", "data/train.csv", "data/test.csv")
    assert (request.task, request.positive, request.evidence) == ("classification", ">50K", "none")
    assert request.roles.sensitive == ("sex", "race")
    assert request.roles.id == "row_id"
    assert request.select == ("VAL", "DUP", "IMB", "BIA")
    fields = {"error_below": 0.70, "warn_below": 0.85, "min_group": 40, "bound": "favourable"}
    assert request.limits == {"BIA102": fields}
    assert request.policy.require == ("IMB101", "BIA102")
    assert [(o.format, str(o.path)) for o in what.outputs] == [("html", "audit.html")]
    assert any("clauses" in note for note in what.notes)


def test_flags_win_over_the_file(file: Path) -> None:
    file.write_text(WHOLE)
    for name in ("a.csv", "t.csv"):
        (file.parent / name).write_text("x\n1\n")
    given = {"test": "t.csv", "dataset": "adult", "label": "pay", "positive": "yes", "select": ["IMB101"], "fail_on": "never"}
    what = asked.asked({**given, "evidence": "full", "output": ["html=other.html"]})
    request = what.request
    assert (request.train, request.test) == ("data/train.csv", "t.csv")
    assert (request.roles.label, request.roles.id, request.positive) == ("pay", "row_id", "yes")
    assert (request.select, request.policy.fail_on, request.evidence) == (("IMB101",), "never", "full")
    assert [str(o.path) for o in what.outputs] == ["other.html"]


def test_a_path_that_the_config_does_not_name_leaves_its_data_set_unused_and_says_so(file: Path) -> None:
    file.write_text(WHOLE)
    (file.parent / "a.csv").write_text("x\n1\n")
    what = asked.asked({"train": "a.csv"})
    assert (what.request.train, what.request.test, what.request.roles.label, what.request.data) == ("a.csv", None, None, "")
    assert what.request.select == ("VAL", "DUP", "IMB", "BIA")
    assert any("--dataset adult takes its roles" in note for note in what.notes)


def test_a_path_that_the_config_names_takes_its_roles(file: Path) -> None:
    file.write_text(WHOLE)
    (file.parent / "data").mkdir()
    (file.parent / "data" / "train.csv").write_text("x\n1\n")
    what = asked.asked({"train": "./data/train.csv"})
    assert (what.request.test, what.request.roles.label, what.request.data) == (None, "income", "adult")


def test_isolated_reads_no_file(file: Path) -> None:
    file.write_text("nonsense = true")
    (file.parent / "a.csv").write_text("x\n1\n")
    assert asked.asked({"train": "a.csv", "isolated": True}).request.limits == {}


def test_several_data_sets_want_a_name(file: Path) -> None:
    file.write_text('[data.a]\ntrain = "a.csv"\n[data.b]\ntrain = "b.csv"\n')
    with pytest.raises(InputError, match="--dataset a"):
        asked.asked({})
    assert asked.asked({"dataset": "b"}).request.train == "b.csv"
    with pytest.raises(InputError, match="want one of a, b"):
        asked.asked({"dataset": "c"})


def test_the_nearest_file_wins_and_nothing_is_merged(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[gate]\nfail_on = "never"\n[select]\nrules = ["IMB"]\n')
    inner = file.parent / "inner" / "deep"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert config.nearest(Path.cwd()) == file
    (inner.parent / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert config.nearest(Path.cwd()) == file
    (inner.parent / "pyproject.toml").write_text('[tool.auditor.gate]\nfail_on = "warning"\n')
    found = asked.settings({})
    assert found.file == inner.parent / "pyproject.toml"
    assert (found.config.gate.fail_on, found.config.select.rules) == ("warning", ())


def test_paths_are_relative_to_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('[data.a]\ntrain = "data/train.csv"\n[report]\njson = "a.json"\n')
    inner = file.parent / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    what = asked.asked({})
    assert Path(str(what.request.train)) == file.parent / "data" / "train.csv"
    assert what.outputs[0].path == file.parent / "a.json"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vesion = 1", "did you mean 'version'?"),
        ("version = 2", "version: got 2"),
        ("[dta.x]", "did you mean 'data'?"),
        ('[data.x]\ntrian = "a"', r"\[data.x\].*did you mean 'train'?"),
        ('[data.x.roles]\nlabl = "a"', r"\[data.x.roles\].*did you mean 'label'?"),
        ('[select]\nrule = ["IMB"]', "did you mean 'rules'?"),
        ('[gate]\nfail = "error"', "did you mean 'fail_on'?"),
        ('[gate]\nfail_on = "warn"', "gate.fail_on: got 'warn'"),
        ('[report]\nhtm = "a"', "did you mean 'html'?"),
        ("[rules.IMB100]\nx = 1", "did you mean IMB10"),
        ("[rules.IMB]\nx = 1", "no check has this code"),
        ('[rules.IMB101]\neror_if = "ratio > 1"', "did you mean 'error_if'?"),
        ('[rules.IMB101]\nerror_if = "ratio"', "want a metric, a comparison and a number"),
        ('[rules.IMB101]\nerror_if = "ratio >= 3"', "want < or >"),
        ('[rules.IMB101]\nerror_if = "ratio < 3"', "want >"),
        ('[rules.IMB101]\nbound = "best"', "want favourable, point or unfavourable"),
        ('[rules.IMB101]\nwarn_above = "3"', "want such a value as 10.0"),
        ("[rules.IMB101]\nwarn_above = true", "want such a value as 10.0"),
        ("a = [", "is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(InputError, match=said.replace("?", r"\?")) as cause:
        config.load(file)
    assert "\n" not in str(cause.value).replace("\\n", "")
    assert str(cause.value).startswith(str(file))


def test_never_takes_a_limit_away(file: Path) -> None:
    file.write_text('[rules.IMB101]\nerror_if = "never"\nwarn_if = "ratio > 3"\n')
    found = config.limits(config.load(file))
    assert found == {"IMB101": {"error_above": None, "error_below": None, "warn_above": 3.0}}


def test_a_condition_on_a_metric_that_the_check_does_not_measure_is_refused(file: Path) -> None:
    import auditor

    file.write_text('[rules.IMB101]\nerror_if = "share > 0.5"\n')
    audit: Audit = auditor.check({"label": ["a", "b"] * 20}, roles={"label": "label"}, select=["IMB101"])
    with pytest.raises(InputError, match="IMB101 measures ratio"):
        asked.compare_conditions(audit, asked.settings({}))


def test_the_schema_takes_the_whole_shape_and_refuses_an_unknown_key() -> None:
    import tomllib

    schema = config.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(tomllib.loads(WHOLE), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"vesion": 1}, schema)
