from hypothesis import given
from hypothesis import strategies as st

from kitae.core.label import Label, highest, may_read, shared

groups = st.lists(st.sampled_from(["all", "hr", "sales", "it"]), min_size=1, max_size=3)


def test_labels_are_ordered_by_rank_and_not_by_spelling() -> None:
    assert Label.PUBLIC < Label.INTERNAL < Label.CONFIDENTIAL < Label.RESTRICTED
    assert sorted(Label, reverse=True)[0] is Label.RESTRICTED


@given(st.lists(st.sampled_from(list(Label)), min_size=1))
def test_what_is_made_from_several_things_has_the_highest_label(labels: list[Label]) -> None:
    assert all(label <= highest(labels) for label in labels)
    assert highest(labels) in labels


@given(groups, groups, st.sampled_from(["hr", "sales", "it", "guest"]))
def test_whoever_may_read_the_whole_may_read_each_part(a: list[str], b: list[str], reader: str) -> None:
    if may_read([reader], shared([a, b])):
        assert may_read([reader], a)
        assert may_read([reader], b)


def test_groups_without_a_common_one_leave_nobody() -> None:
    assert shared([["hr"], ["sales"]]) == ()
    assert shared([["all"], ["hr", "it"]]) == ("hr", "it")
    assert not may_read(["hr"], ())
