"""The page of rules names functions that exist, and only such."""

import importlib
import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "rules.md").read_text()


def test_every_function_that_the_page_names_exists() -> None:
    named = re.findall(r"`([a-z_]+(?:\.[a-z_]+)*)\.([A-Za-z_0-9]+)`", PAGE)
    assert len(named) > 25
    missing = [
        f"{module}.{name}"
        for module, name in named
        if not hasattr(importlib.import_module(f"tis_esr.decisions.{module}"), name)
    ]
    assert missing == []
