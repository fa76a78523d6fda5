"""Pools of processes, and a Ray cluster of two machines."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator

import pytest

from t2s_rt.errors import ConfigError, SetupError
from t2s_rt.pregen.choose import Choice
from t2s_rt.pregen.entry import Entry, Outcome, Result, Settings, plan_entry
from t2s_rt.pregen.workers import here, in_processes, on_ray

LRC = b"[00:01.00]We laugh and we dance\n[00:04.00]And I cry all alone\n[00:07.00]\n"
SETTINGS = Settings(choice=Choice(lexical=True))
UNREADABLE = Result("unreadable", Outcome.FAILED, problem="gone")
HAS_RAY = importlib.util.find_spec("ray") is not None


def entries(count: int) -> Iterator[Entry | Result]:
    yield UNREADABLE
    for index in range(count):
        yield Entry(f"{index}.lrc", LRC if index != 1 else b"broken")


def deadly(entry: Entry, settings: Settings) -> Result:
    """As a library that crashes on one song."""
    if entry.name == "2.lrc":
        os._exit(9)
    return plan_entry(entry, settings)


def test_in_this_process_in_order() -> None:
    results = list(here(entries(3), SETTINGS))
    assert [result.name for result in results] == ["unreadable", "0.lrc", "1.lrc", "2.lrc"]


@pytest.mark.slow
def test_processes_find_what_one_finds() -> None:
    expected = {result.name: (result.outcome, result.text) for result in here(entries(5), SETTINGS)}
    found = list(in_processes(entries(5), SETTINGS, 2))
    assert len(found) == 6
    assert {result.name: (result.outcome, result.text) for result in found} == expected


@pytest.mark.slow
def test_a_song_that_kills_its_process_fails_alone() -> None:
    results = {one.name: one for one in in_processes(entries(5), SETTINGS, 2, deadly)}
    assert set(results) == {"unreadable", *(f"{i}.lrc" for i in range(5))}
    assert results["2.lrc"].outcome is Outcome.FAILED
    assert "died" in results["2.lrc"].problem
    assert all(results[f"{i}.lrc"].outcome is Outcome.WRITTEN for i in (0, 3, 4))


@pytest.mark.skipif(HAS_RAY, reason="Ray is installed")
def test_without_ray_it_says_how_to_get_it() -> None:
    with pytest.raises(SetupError, match=r"t2s-rt\[ray\]"):
        list(on_ray(entries(1), SETTINGS, "local"))


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.skipif(not HAS_RAY, reason='no Ray: pip install -e ".[ray]"')
@pytest.mark.filterwarnings("ignore")  # Ray's own, of its sockets and of its future defaults
def test_a_cluster_of_two_machines_finds_what_one_process_finds() -> None:
    from ray.cluster_utils import Cluster

    expected = {result.name: (result.outcome, result.text) for result in here(entries(12), SETTINGS)}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        found = list(on_ray(entries(12), SETTINGS, cluster.address))
    finally:
        cluster.shutdown()
    assert len(found) == 13
    assert {result.name: (result.outcome, result.text) for result in found} == expected


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.skipif(not HAS_RAY, reason='no Ray: pip install -e ".[ray]"')
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("address", ["127.0.0.1:1", "nonsense", "ray://127.0.0.1:1", "x:99999999"])
def test_a_cluster_that_does_not_answer_is_said(address: str) -> None:
    with pytest.raises(ConfigError, match="Ray cluster"):
        list(on_ray(entries(1), SETTINGS, address))
