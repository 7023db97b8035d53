"""``python -m docgen``: write every generated page, and bring the outputs that pages show up to date."""

from pathlib import Path

from docgen.generated import PAGES, ROOT
from docgen.transcripts import pages_with_commands, refresh


def main() -> None:
    """Write what has changed, and say what was written."""
    for path, page in PAGES.items():
        _write(path, page())
    for path in pages_with_commands(ROOT):
        _write(path, refresh(path))


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(f"written: {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
