"""Where a person stands, as every service that counts people has it."""

from muster.vocabulary.standing import Entry, Standing, newest
from muster.vocabulary.states import Origin, SubjectState


def test_who_moved_is_collected_where_they_went() -> None:
    moved = Entry("a", Origin.BASELINE, SubjectState.MOVED_OUT)
    here = Entry("b", Origin.MOVED_IN, SubjectState.COLLECTED)
    assert Standing(3, (moved, here)).collected_in() == "b"
    assert Standing(3, (moved,)).collected_in() is None


def test_the_highest_revision_counts() -> None:
    """Design section 4: whatever the order of arrival."""
    first, second = Standing(1, ()), Standing(2, ())
    assert newest([("a", second), ("a", first)]) == {"a": second}
    assert newest([("a", first), ("a", second)]) == {"a": second}
