"""A Ctrl-C while libraries are imported is neither lost nor taken for a missing library."""

import signal
import threading

import pytest

from t2s_rt.interrupts import interrupts_held


def press_ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def importing(times: int, *, fails: bool = False) -> list[str]:
    """Imports during which Ctrl-C is pressed; what got done, as far as it got."""
    done: list[str] = []
    try:
        with interrupts_held():
            for _ in range(times):
                press_ctrl_c()
            done.append("imported")
            if fails:
                raise ImportError("an extension took it for this")
    except KeyboardInterrupt:
        done.append("stopped")
    return done


def test_the_block_ends_first():
    assert importing(1) == ["imported", "stopped"]


def test_it_is_raised_even_where_the_import_failed():
    assert importing(1, fails=True) == ["imported", "stopped"]


def test_a_second_one_does_not_wait():
    assert importing(2) == ["stopped"]


def test_without_one_nothing_happens_and_later_ones_are_as_ever():
    with interrupts_held():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt):
        press_ctrl_c()


def test_the_outermost_of_two_blocks_decides():
    inner: list[str] = []

    def nested() -> None:
        with interrupts_held():
            inner.extend(importing(1))

    with pytest.raises(KeyboardInterrupt):
        nested()
    assert inner == ["imported"]


def test_who_handles_it_otherwise_goes_on_doing_so():
    pressed = []
    usual = signal.signal(signal.SIGINT, lambda *_: pressed.append(True))
    try:
        with interrupts_held():
            press_ctrl_c()
            assert pressed == [True]
    finally:
        signal.signal(signal.SIGINT, usual)


def test_other_threads_receive_none():
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with interrupts_held():
                pass
        except BaseException as failure:  # noqa: BLE001 - told to the test
            failures.append(failure)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failures
