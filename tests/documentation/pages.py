"""The pages that people read."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT_FILES = [
    ROOT / name
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md")
]
PAGES = [*PROJECT_FILES, *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(page: Path) -> str:
    """Return the page's path as it is written."""
    return str(page.relative_to(ROOT))
