"""The breaker's states, moved by a clock of our own."""

from asyncio import CancelledError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.breaker import BreakerOpen, CircuitBreaker


class Trouble(Exception):
    pass


class Bench:
    def __init__(self) -> None:
        self.time = 0.0
        self.breaker = CircuitBreaker((Trouble,), now=lambda: self.time)

    def call(self, error: BaseException | None = None) -> None:
        with self.breaker.attempt():
            if error is not None:
                raise error

    def fail(self, times: int = 1) -> None:
        for _ in range(times):
            with pytest.raises(Trouble):
                self.call(Trouble())


@pytest.fixture
def bench():
    return Bench()


def test_five_failures_in_a_minute_open_it(bench):
    bench.fail(4)
    assert not bench.breaker.is_open
    bench.fail()
    with pytest.raises(BreakerOpen) as caught:
        bench.call()
    assert caught.value.seconds == 30


def test_slow_failures_do_not_open_it(bench):
    for _ in range(20):
        bench.fail()
        bench.time += 16
    assert not bench.breaker.is_open


def test_a_success_in_between_starts_the_count_again(bench):
    bench.fail(4)
    bench.call()
    bench.fail(4)
    assert not bench.breaker.is_open


def test_errors_that_are_answers_prove_that_it_is_alive(bench):
    bench.fail(4)
    with pytest.raises(KeyError):
        bench.call(KeyError())
    bench.fail(4)
    assert not bench.breaker.is_open


def test_one_probe_goes_after_the_pause_and_its_success_closes(bench):
    bench.fail(5)
    bench.time += 30
    with bench.breaker.attempt(), pytest.raises(BreakerOpen):
        bench.call()
    bench.call()
    assert not bench.breaker.is_open


def test_a_failed_probe_keeps_it_open_for_another_pause(bench):
    bench.fail(5)
    bench.time += 30
    bench.fail()
    bench.time += 29
    with pytest.raises(BreakerOpen):
        bench.call()
    bench.time += 1
    bench.call()
    assert not bench.breaker.is_open


def test_a_cancelled_probe_makes_room_for_the_next(bench):
    bench.fail(5)
    bench.time += 30
    with pytest.raises(CancelledError):
        bench.call(CancelledError())
    assert bench.breaker.is_open
    bench.call()
    assert not bench.breaker.is_open


def test_stragglers_do_not_push_the_probe_away(bench):
    straggler = bench.breaker.attempt()
    straggler.__enter__()
    bench.fail(5)
    bench.time += 20
    assert not straggler.__exit__(Trouble, Trouble(), None)
    bench.time += 10
    bench.call()
    assert not bench.breaker.is_open


@given(st.integers(min_value=1_000, max_value=5_000))
def test_a_full_outage_costs_five_calls_and_one_probe_each_half_minute(calls):
    bench = Bench()
    went = 0
    for _ in range(calls):
        bench.time += 0.2
        try:
            bench.call(Trouble())
        except Trouble:
            went += 1
        except BreakerOpen:
            pass
    assert went <= 5 + calls * 0.2 / 30 + 1
