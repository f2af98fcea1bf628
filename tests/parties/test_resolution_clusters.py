"""Clusters come from the pairs alone, and do not chain."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.resolution.clusters import DECIDED, Edge, Reason, cluster, cluster_arrays, components

RECORDS = 9
AUTOMATIC, REVIEW = 10.0, 0.0
_pairs = st.tuples(st.integers(0, RECORDS - 1), st.integers(0, RECORDS - 1)).filter(lambda pair: pair[0] < pair[1])
_weights = st.sampled_from([-11.0, -3.0, 0.0, 4.0, 9.5, 10.0, 12.0, 20.0])
graphs = st.dictionaries(_pairs, _weights, max_size=25).map(
    lambda found: [Edge(left, right, weight) for (left, right), weight in found.items()]
)
documents = st.lists(st.sampled_from([-1, -1, 1, 2]), min_size=RECORDS, max_size=RECORDS)


def _exclusive(codes: list[int]) -> dict[int, tuple[int | None]]:
    return {record: (None if code < 0 else code,) for record, code in enumerate(codes)}


@given(graphs, documents, st.randoms(use_true_random=False))
def test_the_order_of_pairs_does_not_matter(edges: list[Edge], codes: list[int], shuffle: random.Random) -> None:
    first = cluster(edges, automatic=AUTOMATIC, review=REVIEW, exclusive=_exclusive(codes))
    again = list(edges)
    shuffle.shuffle(again)
    second = cluster(again, automatic=AUTOMATIC, review=REVIEW, exclusive=_exclusive(codes))
    assert first == second


@given(graphs, documents)
def test_arrays_give_the_same_clusters_and_doubts(edges: list[Edge], codes: list[int]) -> None:
    plain = cluster(edges, automatic=AUTOMATIC, review=REVIEW, exclusive=_exclusive(codes))
    labels, doubts = cluster_arrays(
        np.array([edge.left for edge in edges], np.int64),
        np.array([edge.right for edge in edges], np.int64),
        np.array([edge.weight for edge in edges], np.float64),
        records=RECORDS,
        automatic=AUTOMATIC,
        review=REVIEW,
        exclusive=[np.array(codes, np.int64)],
    )
    assert {record: labels[record] for record in plain.of} == plain.of
    assert {(doubt.weight, doubt.reason) for doubt in doubts} == {
        (doubt.weight, doubt.reason) for doubt in plain.doubts
    }


@given(graphs, documents)
def test_no_cluster_has_two_documents(edges: list[Edge], codes: list[int]) -> None:
    found = cluster(edges, automatic=AUTOMATIC, review=REVIEW, exclusive=_exclusive(codes))
    for name in set(found.of.values()):
        assert len({codes[record] for record, of in found.of.items() if of == name} - {-1}) <= 1


@given(graphs)
def test_a_component_does_not_depend_on_the_others(edges: list[Edge]) -> None:
    """So only what new records touch needs to be clustered again."""
    found = cluster(edges, automatic=AUTOMATIC, review=REVIEW).of
    strong = [edge for edge in edges if edge.weight >= AUTOMATIC]
    component = components(
        np.array([edge.left for edge in strong], np.int64), np.array([edge.right for edge in strong], np.int64), RECORDS
    )
    for name in set(component.tolist()):
        inside = [edge for edge in edges if component[edge.left] == name == component[edge.right]]
        alone = cluster(inside, automatic=AUTOMATIC, review=REVIEW).of
        assert alone == {record: found[record] for record in alone}


def _family(start: int) -> list[Edge]:
    members = range(start, start + 4)
    return [Edge(left, right, 15.0) for left in members for right in members if left < right]


def test_a_weak_bridge_between_two_strong_clusters_goes_to_review() -> None:
    against = [Edge(0, 4, -8.0), Edge(1, 5, -8.0), Edge(2, 6, -6.0)]
    found = cluster([*_family(0), *_family(4), *against, Edge(3, 7, 11.0)], automatic=AUTOMATIC, review=REVIEW)
    assert set(found.of.values()) == {0, 4}
    assert [(doubt.left, doubt.right, doubt.reason) for doubt in found.doubts] == [(3, 7, Reason.BRIDGE)]


def test_a_bridge_that_the_other_pairs_bear_out_joins() -> None:
    bearing_out = [Edge(left, right, 8.0) for left in range(3) for right in range(4, 8)]
    found = cluster([*_family(0), *_family(4), *bearing_out, Edge(3, 7, 11.0)], automatic=AUTOMATIC, review=REVIEW)
    assert set(found.of.values()) == {0}
    assert found.doubts == []


def test_two_documents_go_to_review_however_strong_the_pair() -> None:
    found = cluster([Edge(0, 1, 40.0)], automatic=AUTOMATIC, review=REVIEW, exclusive={0: ("a",), 1: ("b",)})
    assert set(found.of.values()) == {0, 1}
    assert [doubt.reason for doubt in found.doubts] == [Reason.CONTRADICTION]


def test_what_is_joined_keeps_the_documents_of_all() -> None:
    chain = [Edge(0, 1, 20.0), Edge(1, 2, 15.0)]
    found = cluster(chain, automatic=AUTOMATIC, review=REVIEW, exclusive={0: ("a",), 1: (None,), 2: ("b",)})
    assert found.of == {0: 0, 1: 0, 2: 2}


def test_a_pair_between_the_thresholds_is_one_doubt_for_two_clusters() -> None:
    found = cluster([*_family(0), *_family(4), Edge(0, 4, 5.0), Edge(1, 5, 6.0)], automatic=AUTOMATIC, review=REVIEW)
    assert found.doubts == [(1, 5, 6.0, Reason.WEIGHT)]


def test_a_person_s_word_stands_above_weights_and_documents() -> None:
    apart = [Edge(1, 2, 20.0), Edge(2, 3, 20.0), Edge(1, 3, -DECIDED)]
    assert len(set(cluster(apart, automatic=10, review=0).of.values())) == 2
    together = [Edge(1, 2, DECIDED), Edge(2, 3, 20.0)]
    assert set(cluster(together, automatic=10, review=0, exclusive={1: ("a",), 2: ("b",)}).of.values()) == {1}


def test_two_words_of_persons_that_contradict_each_other_are_shown_to_a_person() -> None:
    told = [Edge(1, 2, DECIDED), Edge(2, 3, DECIDED), Edge(1, 3, -DECIDED)]
    found = cluster(told, automatic=10, review=0)
    assert len(set(found.of.values())) == 2
    assert [doubt.reason for doubt in found.doubts] == ["contradiction"]
