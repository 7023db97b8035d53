"""The site, built once for all processes of a test run."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.documentation.pages import ROOT


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site; what Sphinx says about it is beside it."""
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    with (shared / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "site.txt").exists():
            command = [sys.executable, "-m", "docgen.site", shared / "site"]
            built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            (shared / "site.txt").write_text(f"exit code {built.returncode}\n{built.stdout}{built.stderr}")
    return shared / "site"
