import pyarrow as pa

import auditor
from auditor.turns import said, text_of


def test_turns_and_parts_are_joined_and_what_has_no_text_is_left_out() -> None:
    said = [{"type": "text", "value": "hi"}, {"type": "image", "value": None}, {"type": "text", "value": "you"}]
    chats = pa.array([[{"role": "user", "content": said}, {"role": "assistant", "content": said[:1]}], None, [], said[:0]])
    assert text_of(chats).to_pylist() == ["hi\nyou\nhi", None, "", ""]
    assert text_of(chats[1:]).to_pylist() == [None, "", ""]  # a slice has its own offsets


def test_a_single_turn_is_its_text() -> None:
    assert text_of(pa.array([{"from": "gpt", "value": "yes"}, None])).to_pylist() == ["yes", None]


def test_what_holds_no_text_is_null_and_never_an_error() -> None:
    for values in ([{"url": "x"}], [[{"url": "x"}]], [b"\xff"]):
        assert text_of(pa.array(values)).to_pylist() in ([None], [""])
    assert text_of(pa.array([[[1.0]]], pa.list_(pa.list_(pa.float64(), 1)))).to_pylist() == ["1"]
    assert text_of(pa.array([["a", "b"]], pa.large_list(pa.string()))).to_pylist() == ["a\nb"]


def test_the_texts_of_a_chat_are_checked_as_texts() -> None:
    turn = [{"role": "user", "content": [{"type": "text", "value": "who are you, and who made you?"}]}]
    rows = [
        [*turn, {"role": "assistant", "content": [{"type": "text", "value": f"I am {{{{name}}}}, number {i}"}]}]
        for i in range(40)
    ]
    found = auditor.check(pa.table({"messages": rows}))
    codes = {f.code for f in found.findings}
    assert "TXT103" in codes and "VAL112" not in codes
    assert not [o for o in found.outcomes if o.status == "error"]


def test_a_preference_set_is_compared_with_its_conversation() -> None:
    ask = [[{"from": "human", "value": f"what is the capital of land number {i}?"}] for i in range(30)]
    answer = [{"from": "gpt", "value": "I would rather not say, as I do not know it."}] * 30
    other = [{"from": "gpt", "value": "it is the town that everybody knows"}] * 30
    found = auditor.check(pa.table({"conversations": ask, "chosen": answer, "rejected": other}))
    assert next(o.status for o in found.outcomes if o.code == "DUP102") == "clean"


def test_a_python_value_reads_as_the_arrow_value_does() -> None:
    parts = [{"type": "text", "value": "hi"}, {"type": "image", "value": None}, {"type": "text", "value": "you"}]
    for content in (parts, [], "plain", ["a", "b"], [{"url": "x"}], {"content": parts}):
        assert said(content) == (text_of(pa.array([content])).to_pylist()[0] or "")
    assert (said(None), said(b"\xff"), said(0)) == ("", "", "0")
