"""Keyed records, in memory and on disk, and the joins over them."""

from __future__ import annotations

import pickle
from collections import defaultdict

import numpy as np
import pytest

from auditor.tallies import records as store
from auditor.tallies.conflicts import conflicts
from auditor.tallies.copies import distinct, repeats, shared
from auditor.tallies.hashing import mix
from auditor.tallies.records import Records

Lines = list[tuple[int, int, int]]


def made(seed: int, rows: int) -> Lines:
    """(key, row, word) in row order, with many repeats."""
    draw = np.random.default_rng(seed)
    keys = mix(draw.integers(0, rows // 2, rows).astype(np.uint64))
    words = draw.integers(0, 3, rows)
    return [(int(k), i, int(w)) for i, (k, w) in enumerate(zip(keys, words, strict=True))]


def stored(places: dict[str, Lines], cut: int) -> Records:
    total = Records()
    for place, lines in places.items():
        for start in range(0, len(lines), cut):
            part = np.array(lines[start : start + cut], np.uint64)
            total = total + Records.of(place, *(np.ascontiguousarray(part[:, i]) for i in range(3)))
    return total


@pytest.fixture(
    params=[(store.CAP_BYTES, store.SMALL), (store.CAP_BYTES, 300), (500, 300)], ids=["at one go", "in parts", "on disk"]
)
def cap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(store, "CAP_BYTES", request.param[0])
    monkeypatch.setattr(store, "SMALL", request.param[1])
    return int(request.param[0])


@pytest.mark.parametrize("cut", [7, 1000])
def test_repeats_are_those_of_a_dictionary(cap: int, cut: int) -> None:
    lines = made(1, 300)
    first: dict[int, int] = {}
    expected = [(row, first[key]) for key, row, _ in lines if first.setdefault(key, row) != row]
    total = stored({"a": lines}, cut)
    assert bool(total.runs) == (cap == 500)
    found = repeats(total, "a")
    assert list(zip(found.row.tolist(), found.twin.tolist(), strict=True)) == expected
    assert distinct(total, "a") == (len(first), 300)


def test_repeats_apart_leave_out_copies_of_the_stricter_kind(cap: int) -> None:
    lines = made(2, 300)
    first: dict[int, int] = {}
    seen: set[tuple[int, int]] = set()
    expected = []
    for key, row, word in lines:
        if (key, word) not in seen and key in first:
            expected.append((row, first[key]))
        seen.add((key, word))
        first.setdefault(key, row)
    found = repeats(stored({"a": lines}, 40), "a", apart=2)
    assert list(zip(found.row.tolist(), found.twin.tolist(), strict=True)) == expected


def test_shared_rows_are_those_of_a_dictionary(cap: int) -> None:
    held, train = made(3, 200), made(4, 400)
    first: dict[int, int] = {}
    for key, row, _ in train:
        first.setdefault(key, row)
    pairs = {(key, word) for key, _, word in train}
    total = stored({"held": held, "train": train}, 50)
    found = shared(total, "held", "train")
    expected = [(row, first[key]) for key, row, _ in held if key in first]
    assert list(zip(found.row.tolist(), found.twin.tolist(), strict=True)) == expected
    same = shared(total, "held", "train", same=2)
    assert same.row.tolist() == [row for key, row, word in held if (key, word) in pairs]


def test_conflicts_are_those_of_a_dictionary(cap: int) -> None:
    places = {"train": made(5, 200), "test": made(6, 100)}
    total = stored(places, 30)
    labels: dict[int, list[int]] = defaultdict(list)
    for key, _, word in places["train"]:
        labels[key].append(word)
    found = conflicts(total, ["train"], 2)
    assert found.row.tolist() == [row for key, row, _ in places["train"] if len(set(labels[key])) > 1]
    assert found.inputs == sum(len(set(words)) > 1 for words in labels.values())
    for i, row in enumerate(found.row.tolist()):
        words = labels[places["train"][row][0]]
        most = [w for w in set(words) if words.count(w) * 2 > len(words)]
        assert found.majority[i] == (most[0] if most else 0)


def test_conflicts_between_places_are_none_inside_one(cap: int) -> None:
    places = {"train": made(5, 200), "test": made(6, 100)}
    inside: dict[tuple[str, int], set[int]] = defaultdict(set)
    whole: dict[int, set[int]] = defaultdict(set)
    for place, lines in places.items():
        for key, _, word in lines:
            inside[place, key].add(word)
            whole[key].add(word)
    torn = {k for k, w in whole.items() if len(w) > 1 and all(len(inside[p, k]) < 2 for p in places)}
    found = conflicts(stored(places, 30), ["train", "test"], 2, between=True)
    expected = [(i, row) for i, lines in enumerate(places.values()) for key, row, _ in lines if key in torn]
    assert list(zip(found.place.tolist(), found.row.tolist(), strict=True)) == expected
    assert found.inputs == len(torn)


@pytest.mark.parametrize("listed", [1, 7, 40])
def test_beyond_the_cap_all_are_counted_and_the_first_are_listed(cap: int, listed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    total = stored({"train": made(5, 300), "test": made(6, 100)}, 30)
    again, found = repeats(total, "train"), shared(total, "test", "train")
    torn = conflicts(total, ["test", "train"], 2)
    monkeypatch.setattr("auditor.tallies.copies.LISTED", listed)
    monkeypatch.setattr("auditor.tallies.conflicts.LISTED", listed)
    for whole, cut in ((again, repeats(total, "train")), (found, shared(total, "test", "train"))):
        assert whole.count == len(whole.row) > 40
        assert whole.families == len(set(whole.twin.tolist()))
        assert (cut.count, cut.families) == (whole.count, whole.families)
        assert (cut.row.tolist(), cut.twin.tolist()) == (whole.row[:listed].tolist(), whole.twin[:listed].tolist())
        assert (whole.note, cut.note) == ("", f"; the first {listed} of these rows are listed")
    cut_torn = conflicts(total, ["test", "train"], 2)
    assert (cut_torn.count, cut_torn.inputs) == (torn.count, torn.inputs) == (len(torn.row), len(set(torn.family.tolist())))
    for name in ("place", "row", "family", "majority"):
        assert getattr(cut_torn, name).tolist() == getattr(torn, name)[:listed].tolist()
    assert (torn.note, cut_torn.note) == ("", f"; the first {listed} of these rows are listed")


def test_memory_stays_below_the_caps_while_rows_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "CAP_BYTES", 20_000)
    monkeypatch.setattr(store, "SMALL", 4_000)
    largest = []
    for rows in (2_000, 8_000, 32_000):
        keys = mix(np.arange(rows, dtype=np.uint64))
        total, held = Records(), 0
        for start in range(0, rows, 500):
            total = total + Records.of("a", keys[start : start + 500], np.arange(start, start + 500))
            assert total.held == sum(chunk.nbytes for chunk in total.chunks.get("a", ()))
            held = max(held, total.held)
        assert held <= 20_000
        parts = [part for (part,) in total.parts("a")]
        assert np.array_equal(np.concatenate(parts)[:, 0], np.sort(keys))
        largest.append(max(part.nbytes for part in parts))
    assert max(largest) < 2 * 4_000


def test_records_travel_with_what_lies_on_disk(cap: int) -> None:
    total = stored({"a": made(7, 100)}, 10)
    again = pickle.loads(pickle.dumps(total))
    assert repeats(again, "a").row.tolist() == repeats(total, "a").row.tolist()


def test_a_sum_leaves_its_terms_as_they_were(cap: int) -> None:
    one, other = stored({"a": made(8, 60)}, 60), stored({"a": made(9, 60)}, 60)
    before = repeats(one, "a").row.tolist()
    _ = one + other
    assert repeats(one, "a").row.tolist() == before
