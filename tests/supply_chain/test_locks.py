"""Everything that is installed is locked with an exact version and the hashes of its files."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from supply_chain.credentials import known_files

from supply_chain import ROOT, locked

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PROJECT["dependency-groups"]
HASH = "--hash=sha256:" + "a" * 64


@pytest.mark.parametrize("lock", locked.LOCKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_package_of_a_lock_has_one_version_and_hashes(lock: Path) -> None:
    assert all(one.version and one.hashes for one in locked.read(lock))


def test_every_lock_file_of_the_project_is_read() -> None:
    assert {path for path in known_files() if re.fullmatch(r"requirements.*\.txt", path.name)} == set(
        locked.LOCKS
    )


@pytest.mark.parametrize(
    ("lock", "stated"),
    [
        (locked.RUNTIME, PROJECT["project"]["dependencies"]),
        (ROOT / "requirements-build.txt", [*GROUPS["build"], *PROJECT["build-system"]["requires"]]),
        (ROOT / "requirements-dev.txt", [one for one in GROUPS["dev"] if isinstance(one, str)]),
    ],
    ids=["runtime", "build", "dev"],
)
def test_a_lock_has_what_pyproject_asks_for(lock: Path, stated: list[str]) -> None:
    versions = {one.name: one.version for one in locked.read(lock)}
    wanted = [Requirement(text) for text in stated]
    assert [
        one for one in wanted if not one.specifier.contains(versions.get(canonicalize_name(one.name), "0"))
    ] == []


@pytest.mark.parametrize(
    "text",
    [
        f"one==1 \\\n    {HASH}\n    # via two\nloose==2\n",
        f"one==1 \\\n    {HASH}\nloose>=2 \\\n    {HASH}\n",
        f"one==1 \\\n    {HASH}\nloose==2 \\\n    # via one\n",
    ],
    ids=["no hash", "no exact version", "a comment where the hash should be"],
)
def test_a_package_that_is_not_locked_is_named(tmp_path: Path, text: str) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(text)
    with pytest.raises(ValueError, match="loose"):
        locked.read(lock)


def test_a_package_knows_its_marker_and_what_needs_it(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(
        f"Two_Words==1.0 ; sys_platform == 'win32' \\\n    {HASH}\n    # via\n    #   -c other.txt\n    #   three\n"
    )
    (found,) = locked.read(lock)
    assert (found.name, found.version, found.marker) == ("two-words", "1.0", 'sys_platform == "win32"')
    assert found.hashes == ("a" * 64,)
    assert found.needed_by == ("three",)


def test_nothing_is_installed_without_its_hash() -> None:
    """But the project itself, and the wheel that the image's first stage built."""
    for name in ("Makefile", "Dockerfile"):
        for line in (ROOT / name).read_text().splitlines():
            if re.search(r"pip install|install_packages", line):
                assert "--require-hashes" in line or "--no-deps" in line, line
                assert "--editable" not in line or "--no-build-isolation" in line, line
