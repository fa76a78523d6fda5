"""The driver's functions, against a driver of our own in C: pointers, copies, threads, leaks."""

from __future__ import annotations

import gc
import threading

import numpy as np
import pytest

from t2s_rt.errors import ModelError
from t2s_rt.inference.backends.cuda import Cuda, DeviceArray, Gpu, HostArray, Stream
from tests.fake_gpu import FakeDriver


def test_it_says_which_card_there_is(driver: FakeDriver) -> None:
    assert Cuda().gpu == Gpu("Test Card 9000", (8, 9))


def test_without_a_driver_or_a_gpu_it_says_so(driver: FakeDriver) -> None:
    with pytest.raises(ModelError, match=r"no NVIDIA driver \(nowhere\.so .*--backend cpu"):
        Cuda("nowhere.so")
    driver.set("devices", 0)
    with pytest.raises(ModelError, match="finds no GPU"):
        Cuda()


def test_what_goes_up_comes_down_in_order(driver: FakeDriver) -> None:
    cuda = Cuda()
    stream, host, back = Stream(cuda), HostArray(cuda, (3, 5)), HostArray(cuda, (3, 5))
    there = DeviceArray(cuda, (3, 5))
    assert not host.array.any()
    host.array[...] = np.arange(15).reshape(3, 5)
    stream.upload(host, there)
    stream.download(there, back)
    assert not back.array.any()  # nothing has been waited for
    stream.wait()
    np.testing.assert_array_equal(back.array, host.array)


def test_another_thread_chooses_the_gpu_before_it_works(driver: FakeDriver) -> None:
    cuda = Cuda()
    stream, host = Stream(cuda), HostArray(cuda, (4,))
    there, problems = DeviceArray(cuda, (4,)), []

    def work() -> None:
        with pytest.raises(ModelError, match=r"cuMemcpyHtoDAsync_v2: made up \(201\)"):
            stream.upload(host, there)
        cuda.use()
        stream.upload(host, there)
        stream.wait()
        problems.append("none")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert problems == ["none"]


def test_a_failing_driver_is_quoted(driver: FakeDriver) -> None:
    stream = Stream(Cuda())
    driver.set("broken", 1)
    with pytest.raises(ModelError, match=r"failed in cuStreamSynchronize: invalid argument \(1\)"):
        stream.wait()


def test_memory_goes_back_with_its_last_user(driver: FakeDriver) -> None:
    gc.collect()
    before = driver.live
    cuda = Cuda()
    stream, there, host = Stream(cuda), DeviceArray(cuda, (8,)), HostArray(cuda, (8,))
    view = host.array[2:4]
    assert driver.live == before + 3
    del stream, there, host
    gc.collect()
    assert driver.live == before + 1  # the view still reads it
    view[:] = 1.0
    del view
    gc.collect()
    assert driver.live == before
