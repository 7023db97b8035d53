"""Drawings of the Mermaid diagrams in pages, which ``tools/draw_diagrams.py`` makes: a page of the site runs no script that could draw them."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

DRAWINGS = Path(__file__).parent / "diagrams"
_DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def diagrams(pages: Path) -> Iterator[str]:
    """Yield every diagram in the pages of a folder."""
    for page in sorted(pages.rglob("*.md")):
        yield from _DIAGRAM.findall(page.read_text())


def name_of(diagram: str) -> str:
    """Return the file name of its drawing: another diagram has another name, so no drawing is ever out of date."""
    return f"diagram-{sha256(diagram.strip().encode()).hexdigest()[:12]}.svg"
