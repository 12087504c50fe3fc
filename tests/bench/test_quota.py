"""The quota of a control group, in the kernel's own formats."""

from pathlib import Path

import pytest

from bench import machine, quota

DOCKER = "/docker/4f2a"


def limit(folder: Path, groups: str, **files: str) -> int | None:
    """Return the quota of a process in these groups; files are named by ``__`` for a slash."""
    (folder / "cgroup").write_text(groups)
    for name, text in files.items():
        path = folder / "mount" / name.replace("__", "/").replace("cpu_", "cpu.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    return quota.cores(folder / "cgroup", folder / "mount")


@pytest.mark.parametrize(
    ("text", "cores"),
    [
        ("200000 100000", 2),
        ("250000 100000", 2),
        ("50000 100000", 1),
        ("max 100000", None),
        ("", None),
    ],
)
def test_version_2(tmp_path: Path, text: str, cores: int | None) -> None:
    assert limit(tmp_path, "0::/\n", cpu_max=text) == cores


def test_the_tightest_group_around_the_process_counts(tmp_path: Path) -> None:
    files = {"a__cpu_max": "300000 100000", "a__b__cpu_max": "max 100000", "c__cpu_max": "1 1"}
    assert limit(tmp_path, "0::/a/b\n", **files) == 3
    assert limit(tmp_path, "0::/a/b\n", a__b__cpu_max="200000 100000") == 2


@pytest.mark.parametrize("controllers", ["cpu", "cpu,cpuacct", "cpuacct,cpu"])
def test_version_1(tmp_path: Path, controllers: str) -> None:
    files = {f"{controllers}__cpu_cfs_period_us": "100000"}
    groups = f"5:memory:/\n4:{controllers}:{DOCKER}\n0::/\n"
    assert limit(tmp_path, groups, **files, **{f"{controllers}__cpu_cfs_quota_us": "-1"}) is None
    assert limit(tmp_path, groups, **{f"{controllers}__cpu_cfs_quota_us": "400000"}) == 4


def test_a_group_that_a_container_does_not_see(tmp_path: Path) -> None:
    assert limit(tmp_path, f"0::{DOCKER}\n", cpu_max="200000 100000") == 2
    assert limit(tmp_path, "0::/../other\n") == 2


def test_no_control_groups(tmp_path: Path) -> None:
    assert quota.cores(tmp_path / "none", tmp_path) is None


@pytest.mark.parametrize(("limit", "number"), [(None, 8), (3, 3), (8, 8), (64, 8)])
def test_usable_cores_are_cut_to_it(
    monkeypatch: pytest.MonkeyPatch, limit: int | None, number: int
) -> None:
    monkeypatch.setattr(quota, "cores", lambda: limit)
    monkeypatch.setattr(machine, "affinity", lambda: tuple(range(8)))
    found = machine.usable_cores()
    assert len(found) == number
    assert set(found) <= set(range(8))
    monkeypatch.setattr(machine, "affinity", lambda: found)
    assert machine.usable_cores() == found, "a worker, which is bound to them, has the same"


def test_containers_beside_each_other_do_not_all_take_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(quota, "cores", lambda: 2)
    monkeypatch.setattr(machine, "affinity", lambda: tuple(range(8)))
    taken = set()
    for name in range(32):
        monkeypatch.setattr("platform.node", lambda name=name: f"container-{name}")
        taken.add(machine.usable_cores())
    assert taken == {(0, 1), (2, 3), (4, 5), (6, 7)}
