"""The memory that a process may use, by the control groups that it is in."""

from pathlib import Path

import pytest

from tis_esr.process.own_condition import memory_limits

UNIT = "system.slice/system-tis.slice/tis-esr@8080.service"


@pytest.mark.parametrize(
    ("group", "limits", "expected"),
    [
        pytest.param("0::/", {"memory.max": "536870912"}, [536870912], id="a container"),
        pytest.param(
            f"0::/{UNIT}",
            {f"{UNIT}/memory.max": "1073741824", "system.slice/memory.max": "max"},
            [1073741824],
            id="a unit of systemd",
        ),
        pytest.param(
            f"0::/{UNIT}",
            {f"{UNIT}/memory.max": "1073741824", "system.slice/memory.max": "805306368"},
            [1073741824, 805306368],
            id="a unit in a slice that is smaller",
        ),
        pytest.param(
            "4:cpu,memory:/pod/one\n1:name=systemd:/",
            {"memory/pod/one/memory.limit_in_bytes": "7000"},
            [7000],
            id="version 1",
        ),
        pytest.param(
            "4:memory:/docker/abc",
            {"memory/memory.limit_in_bytes": "7000"},
            [7000],
            id="the host's name of a container's group",
        ),
        pytest.param("0::/", {"memory.max": "max"}, [], id="no limit"),
        pytest.param(
            "0::/../other", {"memory.max": "9000"}, [9000], id="a group outside what the process sees"
        ),
    ],
)
def test_the_limits_are_those_of_the_group_and_of_all_above_it(
    group: str, limits: dict[str, str], expected: list[int], tmp_path: Path
) -> None:
    control = tmp_path / "cgroup"
    for name, value in limits.items():
        path = control / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value + "\n")
    (tmp_path / "groups").write_text(group + "\n")
    assert memory_limits(tmp_path / "groups", control) == expected


def test_without_control_groups_there_is_no_limit(tmp_path: Path) -> None:
    assert memory_limits(tmp_path / "groups", tmp_path) == []
