"""The clock: real time that tests move, and sleepers that notice."""

from __future__ import annotations

import math
import threading
import time
from datetime import timedelta, timezone

import anyio
import pytest
from anyio.lowlevel import checkpoint

from stytch_b2b.emulator import Clock

pytestmark = pytest.mark.anyio


async def asleep(clock: Clock, count: int = 1) -> None:
    """
    Return when so many tasks sleep.
    """
    while len(clock._wakers) < count:
        await checkpoint()


def test_now_is_aware_and_real() -> None:
    """
    A clock that nobody touches shows the time of the machine.
    """
    clock = Clock()
    before = time.time()
    now = clock.now()

    assert timezone.utc == now.tzinfo
    assert before - 60 < now.timestamp() < before + 60


def test_advance_moves_both_times() -> None:
    """
    The wall clock and the monotonic clock move by the same sum.
    """
    clock = Clock()
    clock.freeze()
    now, monotonic = clock.now(), clock.monotonic()

    clock.advance(seconds=1, minutes=2, hours=3)

    assert now + timedelta(seconds=1, minutes=2, hours=3) == clock.now()
    assert monotonic + 10921 == clock.monotonic()


def test_a_running_clock_advances_too() -> None:
    """
    Real time goes on from where the clock was moved to.
    """
    clock = Clock()
    before = clock.monotonic()

    clock.advance(hours=1)

    assert clock.monotonic() >= before + 3600


def test_time_does_not_go_back() -> None:
    """
    What has expired stays expired.
    """
    with pytest.raises(ValueError, match="only moves forward, but advance"):
        Clock().advance(seconds=-1)


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("seconds", [math.nan, math.inf, 1e300, 32e9])
def test_a_step_too_far(seconds: float, frozen: bool) -> None:
    """
    A time that no calendar has is refused, and the clock stays where it is.
    """
    clock = Clock()
    if frozen:
        clock.freeze()
    clock.advance(hours=1)
    before = clock.monotonic()

    with pytest.raises(ValueError, match=r"only moves forward|ends in a thousand years"):
        clock.advance(seconds=seconds)
    assert before <= clock.monotonic() < before + 60


def test_many_steps_too_far() -> None:
    """
    The end of the clock is one of all steps together.
    """
    clock = Clock()
    clock.advance(hours=900 * 365 * 24)

    with pytest.raises(ValueError, match="ends in a thousand years"):
        clock.advance(hours=900 * 365 * 24)


def test_a_frozen_clock_stands_still() -> None:
    """
    Freezing again changes nothing, and after unfreezing time goes on without a jump.
    """
    clock = Clock()
    clock.freeze()
    now = clock.now()

    assert now == clock.now()
    assert repr(clock) == f"<Clock {now:%Y-%m-%dT%H:%M:%SZ}, frozen>"

    clock.advance(hours=1)
    clock.freeze()
    assert now + timedelta(hours=1) == clock.now()

    clock.unfreeze()
    clock.unfreeze()
    assert clock.now() >= now + timedelta(hours=1)
    assert "frozen" not in repr(clock)


async def test_advance_wakes_a_sleeper() -> None:
    """
    A sleeper on this very event loop wakes when its time has been passed.
    """
    clock = Clock()

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(clock.sleep, 3600)
            await asleep(clock)
            clock.advance(hours=1)

    assert set() == clock._wakers


async def test_a_sleeper_sleeps_on_until_its_time() -> None:
    """
    Moving the clock by less than the rest of a sleep wakes nobody.
    """
    clock = Clock()
    clock.freeze()
    woken: list[int] = []

    async def sleeper(seconds: int) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sleeper, 60)
            tasks.start_soon(sleeper, 30)
            await asleep(clock, 2)
            clock.advance(seconds=59)
            while not woken:
                await checkpoint()
            await asleep(clock)
            early = list(woken)
            clock.advance(seconds=1)

    assert [30] == early
    assert [30, 60] == woken


async def test_a_sleeper_wakes_in_real_time() -> None:
    """
    A clock that runs needs nobody to move it.
    """
    clock = Clock()

    with anyio.fail_after(10):
        await clock.sleep(0.001)
        await clock.sleep(0)
        await clock.sleep(-1)

    assert set() == clock._wakers


async def test_a_sleeper_notices_that_time_was_frozen() -> None:
    """
    Real time is no longer what a sleep waits for.
    """
    clock = Clock()

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(clock.sleep, 0.05)
            await asleep(clock)
            clock.freeze()
            await anyio.sleep(0.1)
            still_asleep = len(clock._wakers)
            clock.advance(seconds=1)

    assert still_asleep == 1


async def test_advance_works_from_another_thread() -> None:
    """
    The thread that moves the clock need not be the one that sleeps.
    """
    clock = Clock()

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(clock.sleep, 3600)
            await asleep(clock)
            mover = threading.Thread(target=clock.advance, kwargs={"hours": 1})
            mover.start()
            await anyio.to_thread.run_sync(mover.join)


async def test_a_cancelled_sleeper_is_forgotten() -> None:
    """
    Nobody tries to wake who has left.
    """
    clock = Clock()

    with anyio.move_on_after(0.01):
        await clock.sleep(3600)

    assert set() == clock._wakers


def test_advance_passes_over_a_closed_loop() -> None:
    """
    A loop that ended with a sleeper in it does not stop the clock for others.
    """
    clock = Clock()

    def gone() -> None:
        msg = "Event loop is closed"
        raise RuntimeError(msg)

    clock._wakers.add(gone)
    before = clock.monotonic()
    clock.advance(hours=1)

    assert clock.monotonic() >= before + 3600
