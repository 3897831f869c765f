"""Spans on one time line: in order, inside one another, and there even when the step failed."""

import pytest

from app.domain.run import Span
from app.teammate.trace import Stopwatch


def end(span: Span) -> float:
    return span.start_ms + span.duration_ms


def test_spans_come_in_the_order_in_which_they_ended():
    watch = Stopwatch()
    with watch.span("outer"):
        with watch.span("first"):
            pass
        with watch.span("second"):
            pass
    first, second, outer = watch.spans
    assert [first.name, second.name, outer.name] == ["first", "second", "outer"]
    assert 0 <= outer.start_ms <= first.start_ms
    assert end(first) <= second.start_ms + 0.002
    assert end(second) <= end(outer) + 0.002


def test_attributes_may_be_found_on_the_way_and_are_kept_as_they_were_at_the_end():
    watch = Stopwatch()
    with watch.span("decide", prompt="triage@1") as found:
        found["model"] = "local/1"
    found["model"] = "changed later"
    assert watch.spans[0].attributes == {"prompt": "triage@1", "model": "local/1"}


def test_a_step_that_fails_is_a_span_too():
    watch = Stopwatch()

    def broken() -> None:
        with watch.span("guard") as found:
            found["refusals"] = 3
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        broken()
    assert [(span.name, span.attributes) for span in watch.spans] == [("guard", {"refusals": 3})]


def test_what_came_before_is_told_first_and_takes_no_time_again():
    """A watch made much later starts where the longest earlier step ended, not where the clock is."""
    before = (
        Span(name="gather", start_ms=10.0, duration_ms=1_000.0),
        Span(name="search", start_ms=20.0, duration_ms=5.0),
    )
    watch = Stopwatch(before)
    with watch.span("decide"):
        pass
    assert watch.spans[:2] == before
    assert 1_010.0 <= watch.spans[2].start_ms < 2_000.0


def test_several_share_what_came_before_and_nothing_else():
    shared = (Span(name="gather", start_ms=0.0, duration_ms=7.0),)
    one, two = Stopwatch(shared), Stopwatch(shared)
    with one.span("decide"):
        pass
    assert [span.name for span in one.spans] == ["gather", "decide"]
    assert two.spans == shared


def test_spans_taken_early_do_not_grow():
    watch = Stopwatch()
    with watch.span("gather"):
        pass
    early = watch.spans
    with watch.span("decide"):
        pass
    assert len(early) == 1
    assert len(watch.spans) == 2
