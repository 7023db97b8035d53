"""Draws the diagrams of the docs for the site: ``draw_diagrams.py FOLDER`` of an unpacked mermaid.

Run it after ``npm pack mermaid@VERSION`` and unpacking, when a diagram of a page has changed; the drawings are committed.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from docgen.site.diagrams import DRAWINGS, diagrams, name_of  # noqa: E402 - found by the path above
from servers.programs import chromium  # noqa: E402

_SETTINGS = '{startOnLoad: false, theme: "neutral", fontFamily: "Arial, sans-serif", sequence: {wrap: true, width: 110, actorMargin: 40}}'
_DRAW = "([id, text]) => mermaid.render(id, text).then(drawn => drawn.svg)"


def main(words: list[str]) -> int:
    """Draw what has no drawing yet, and remove drawings of diagrams that are gone; return the exit code."""
    if len(words) != 1 or not (script := Path(words[0]) / "dist/mermaid.min.js").is_file():
        print(__doc__)
        return 2
    wanted = {name_of(diagram): diagram.strip() for diagram in diagrams(ROOT / "docs")}
    DRAWINGS.mkdir(exist_ok=True)
    for left in {path.name for path in DRAWINGS.iterdir()} - wanted.keys():
        (DRAWINGS / left).unlink()
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"]).new_page()
        page.add_script_tag(path=script)
        page.evaluate(f"mermaid.initialize({_SETTINGS})")
        for name, diagram in wanted.items():
            if not (DRAWINGS / name).exists():
                (DRAWINGS / name).write_text(page.evaluate(_DRAW, [Path(name).stem, diagram]) + "\n")
                print(f"drawn: {name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
