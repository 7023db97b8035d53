"""What the first ``make run`` shows while packages are installed."""

import subprocess
import sys
from pathlib import Path

from tools.install_packages import line, pinned

ROOT = Path(__file__).parents[2]


def test_a_line_has_the_total_the_rate_and_the_time_left() -> None:
    assert line(10, 40, 5.0) == "10 of 40 packages, 2.0/s, 0:15 left"
    assert line(0, 40, 0.0) == "0 of 40 packages"
    assert line(50, 40, 20.0) == "40 of 40 packages, 2.0/s, 0:00 left"


def test_packages_of_other_platforms_are_not_counted(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text(
        "aiohttp==3.14.1 \\\n    --hash=sha256:00\ncolorama==0.4.6 ; sys_platform == 'win32' \\\n    --hash=sha256:01\n"
    )
    assert pinned(tmp_path / "r.txt") == 1


def test_where_pip_fails_its_output_and_exit_code_are_shown(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("not a requirement\n")
    said = subprocess.run(
        [sys.executable, "tools/install_packages.py", "-r", str(tmp_path / "r.txt")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode != 0
    assert "Invalid requirement" in said.stderr
    assert "\x1b" not in said.stdout
