"""Turns: so many at once, in the order of arrival, nobody waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from scheduler.database.turnstile import Turnstile


def test_no_more_than_its_places_are_in() -> None:
    """Sixteen threads through three places: never four inside."""
    stile, inside, most, lock = Turnstile(3), 0, 0, threading.Lock()

    def go() -> None:
        nonlocal inside, most
        for _ in range(50):
            with stile.turn(30):
                with lock:
                    inside += 1
                    most = max(most, inside)
                with lock:
                    inside -= 1

    with ThreadPoolExecutor(16) as pool:
        for one in [pool.submit(go) for _ in range(16)]:
            one.result()
    assert 1 <= most <= 3


def test_who_came_first_goes_first() -> None:
    """Those who wait enter in the order in which they began to wait, also past one that comes later."""
    stile, order = Turnstile(1), list[int]()

    def go(number: int) -> None:
        with stile.turn(30):
            order.append(number)

    with ThreadPoolExecutor(8) as pool, stile.turn(30):
        for number in range(8):
            pool.submit(go, number)
            while stile.waiting <= number:
                pass
    assert order == list(range(8))


def test_who_waits_too_long_is_told_and_takes_no_place() -> None:
    """After a wait in vain the place still serves the next one."""
    stile = Turnstile(1)
    with stile.turn(1):
        with pytest.raises(TimeoutError), stile.turn(0.01):
            raise AssertionError
        assert stile.waiting == 0
    with stile.turn(0.01):
        pass


def test_a_failure_gives_the_place_back() -> None:
    """An error in the body leaves the turnstile free."""
    stile = Turnstile(1)
    with pytest.raises(ValueError, match="no"), stile.turn(1):
        raise ValueError("no")
    with stile.turn(0.01):
        pass
