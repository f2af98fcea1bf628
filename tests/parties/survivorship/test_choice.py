"""What is chosen among what sources say, whatever they say."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.normalisation.normalise import normalise
from guanxi.parties.normalisation.record import RawDocument, RawParty
from guanxi.parties.survivorship.choose import AGREED, ALONE, PINNED, Choice, choose
from guanxi.parties.survivorship.rules import DEFAULT, Criterion, Keep, Rule, decode, differences, encode, faults_of
from guanxi.parties.survivorship.scores import agreements, overall, score, timeliness
from guanxi.parties.survivorship.statements import Statement, Told, statements_of

NOW = dt.datetime(2026, 5, 3, tzinfo=dt.UTC)
SOURCES = ("cards", "loans", "savings", "web")


def _said(value: str, source: str, record: int, **more: object) -> Statement:
    return Statement(field="phone", value=value, keys=(value,), source=source, record=record, **more)  # type: ignore[arg-type]


statements = st.lists(
    st.builds(
        lambda value, source, trust, days, full: (value, source, trust, days, full),
        st.sampled_from(("1", "2", "3")),
        st.sampled_from(SOURCES),
        st.sampled_from((0.2, 0.5, 0.9)),
        st.one_of(st.none(), st.integers(0, 3)),
        st.sampled_from((0.5, 1.0)),
    ),
    min_size=1,
    max_size=8,
).map(
    lambda drawn: [
        _said(
            value,
            source,
            number,
            trust=trust,
            told_at=None if days is None else NOW - dt.timedelta(days=days),
            completeness=full,
        )
        for number, (value, source, trust, days, full) in enumerate(drawn, 1)
    ]
)
rules = st.permutations(list(Criterion)).flatmap(
    lambda order: st.integers(1, len(order)).map(lambda length: Rule(order=tuple(order[:length])))
)


def _choose(said: list[Statement], rule: Rule, pin: str | None = None) -> Choice:
    found = choose("phone", said, rule, pin)
    assert found is not None
    return found


@given(statements, rules, st.randoms(use_true_random=False))
def test_the_order_in_which_sources_speak_does_not_matter(said, rule, random) -> None:
    other = said[:]
    random.shuffle(other)
    assert _choose(said, rule) == _choose(other, rule)


@given(statements, rules)
def test_everybody_is_in_the_ranking_once_and_the_first_is_chosen(said, rule) -> None:
    choice = _choose(said, rule)
    assert sorted(each.statement.record for each in choice.ranking) == [each.record for each in said]
    assert choice.ranking[0].statement == choice.said_by
    assert choice.value == choice.ranking[0].statement.value


@given(statements, rules)
def test_nobody_is_better_than_the_chosen_by_the_first_criterion(said, rule) -> None:
    measures = [each.measures[rule.order[0]] for each in _choose(said, rule).ranking]
    assert measures == sorted(measures, reverse=True)


@given(statements, rules)
def test_who_says_otherwise_lost_by_something(said, rule) -> None:
    choice = _choose(said, rule)
    assert all(each.lost_by for each in choice.ranking[1:])
    agreeing = {each.source for each in said if each.value == choice.value}
    assert set(choice.dissenting) == {each.source for each in said} - agreeing
    if not choice.dissenting and len(agreeing) > 1 and len({each.value for each in said}) == 1:
        assert choice.because == AGREED


@given(statements, rules, st.sampled_from(("1", "9")))
def test_a_pin_stands_before_every_rule(said, rule, pin) -> None:
    choice = _choose(said, rule, pin)
    assert (choice.value, choice.because) == (pin, PINNED)
    assert (choice.said_by is not None) == any(each.value == pin for each in said)


@given(statements, st.sampled_from(SOURCES))
def test_one_more_who_agrees_does_not_change_what_the_majority_chose(said, source) -> None:
    rule = Rule(order=(Criterion.MAJORITY,))
    chosen = _choose(said, rule)
    more = [*said, _said(chosen.value, source, len(said) + 1)]
    assert _choose(more, rule).value == chosen.value


@given(statements, rules)
def test_values_are_each_there_once_with_the_chosen_first(said, rule) -> None:
    values = [each.value for each in _choose(said, rule).values]
    assert sorted(values) == sorted({each.value for each in said})
    assert values[0] == _choose(said, rule).value


def test_a_source_that_says_it_twice_is_no_majority() -> None:
    said = [_said("1", "cards", 1), _said("1", "cards", 2), _said("2", "loans", 3), _said("2", "web", 4)]
    choice = _choose(said, Rule(order=(Criterion.MAJORITY,)))
    assert (choice.value, choice.because, choice.dissenting) == ("2", "majority", ("cards",))


def test_the_rule_may_trust_a_source_otherwise_in_one_field() -> None:
    said = [_said("1", "cards", 1, trust=0.9), _said("2", "web", 2, trust=0.1)]
    assert _choose(said, Rule(order=(Criterion.TRUST,))).value == "1"
    assert _choose(said, Rule(order=(Criterion.TRUST,), trust={"web": 1.0})).value == "2"


def test_nothing_said_is_nothing_chosen() -> None:
    assert choose("phone", [], DEFAULT["phone"]) is None
    assert _choose([_said("1", "cards", 1)], DEFAULT["phone"]).because == ALONE


def _told(record: int, source: str, **raw: object) -> Told:
    written = RawParty(**raw)  # type: ignore[arg-type]
    return Told(record=record, source=source, raw=written, normalised=normalise(written), told_at=NOW)


def _by_field(told: Told) -> dict[str, Statement]:
    return {each.field: each for each in statements_of(told)}


def test_a_record_says_what_it_says_as_people_write_it() -> None:
    said = _by_field(
        _told(
            7,
            "cards",
            name="王曉明 先生",
            gender="男",
            birth_date="1980年5月3日",
            phones=("139 1234 5678",),
            emails=("Wang@Example.com",),
            documents=(RawDocument("11010519491231002X"),),
            province="上海市",
            address="浦东新区世纪大道100号",
        )
    )
    assert said["name"].value in {"王曉明", "王晓明"}
    assert said["phone"].value == "+8613912345678"
    assert said["identifier.resident_id"].value == "11010519491231002X"
    assert said["address"].value == "上海市浦东新区世纪大道100号"
    assert (said["name"].source, said["name"].record) == ("cards", 7)


def test_placeholders_are_not_said() -> None:
    assert _by_field(_told(1, "web", name="N/A", phones=("13800138000",), birth_date="1900-01-01")) == {}


def test_a_name_in_letters_agrees_with_the_characters_it_spells_and_other_characters_do_not() -> None:
    one, latin, other = (
        _by_field(_told(number, "web", name=name))["name"]
        for number, name in enumerate(("王小明", "Wang Xiaoming", "王晓明"))
    )
    assert one.agrees(latin)
    assert latin.agrees(other)
    assert not one.agrees(other)
    choice = choose("name", [latin, one], DEFAULT["name"])
    assert choice is not None
    assert (choice.value, choice.dissenting) == ("王小明", ())


def test_what_normalisation_doubts_weighs_half() -> None:
    sure = _by_field(_told(1, "web", name="Jan Novak", birth_date="1980-05-03"))
    doubted = _by_field(_told(1, "web", name="Jan Novak", birth_date="3.5.80", date_order="dmy"))
    assert doubted["birth_date"].completeness < sure["birth_date"].completeness


def test_scores_are_shares() -> None:
    full = _told(1, "cards", name="王小明", birth_date="1980-05-03", gender="M", phones=("13912345678",))
    poor = _told(2, "web", name="王小明", phones=("13800138000",))
    assert score(full.raw, full.normalised).completeness > score(poor.raw, poor.normalised).completeness
    assert (score(full.raw, full.normalised).validity, score(poor.raw, poor.normalised).validity) == (1.0, 0.5)
    assert overall([1.0, None, 0.5]) == 0.75
    assert timeliness(NOW - dt.timedelta(days=730), NOW) == 0.5
    assert timeliness(None, NOW) is None


@given(statements, rules)
def test_agreement_is_counted_where_another_source_speaks(said, rule) -> None:
    found = agreements([_choose(said, rule)])
    if len({each.source for each in said}) < 2:
        assert found == {}
    else:
        assert all(0 <= share <= 1 for share in found.values())
        assert found[_choose(said, rule).ranking[0].statement.record] == 1


def test_rules_are_kept_as_data_and_checked() -> None:
    assert decode(encode(DEFAULT)) == DEFAULT
    assert decode({}) == DEFAULT
    assert faults_of(DEFAULT, ()) == {}
    wrong = {
        **DEFAULT,
        "name": Rule(order=()),
        "gender": Rule(order=(Criterion.TRUST,), keep=Keep.ALL),
        "phone": Rule(order=(Criterion.TRUST,), trust={"nobody": 0.5}),
        "email": Rule(order=(Criterion.TRUST,), trust={"web": 1.5}),
    }
    assert set(faults_of(wrong, ("web",))) == {"name", "gender", "phone", "email"}
    changed = {**DEFAULT, "gender": Rule(order=(Criterion.TRUST,))}
    assert differences(DEFAULT, changed) == [("gender.order", "majority > trust > completeness > recency", "trust")]
