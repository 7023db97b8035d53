"""The menu: the sections of ``docs/README.md``, of each line its first link, and below a page that lists others, those that it lists.

A page in neither is a warning of Sphinx, and so fails the build.
"""

import posixpath
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from docgen.markdown import links, without_code

INDEX = "docs/README"
LISTS = (
    "docs/decisions/README",
    "docs/reference/alarms",
    "docs/reference/http",
    "docs/runbooks/parked/README",
)
"""Pages that list others, which stand below them in the menu."""
RUNBOOKS = "docs/runbooks"
PROJECT = (INDEX, "CHANGELOG", "CONTRIBUTING", "SECURITY", "CODE_OF_CONDUCT")

_MOVED = """<!DOCTYPE html>
<html lang="en-GB">
<head><meta charset="utf-8"><title>{name}</title><meta http-equiv="refresh" content="0; url={page}"></head>
<body><main><h1>{name}</h1><p><a href="{page}">Runbook</a></p></main></body>
</html>
"""


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register with Sphinx."""
    app.connect("source-read", _add_menu)
    app.connect("build-finished", _add_other_addresses)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def sections(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the title of each section of the index, and the pages that the lines of it are about."""
    for part in re.split(r"^## ", without_code(text), flags=re.MULTILINE)[1:]:
        title, *lines = part.splitlines()
        yield title, [page for line in lines for page in _pages(INDEX, line)[:1]]


def _add_menu(app: Sphinx, name: str, source: list[str]) -> None:
    index = (Path(app.srcdir) / f"{INDEX}.md").read_text()
    if name == app.config.root_doc:
        source[0] += "".join(_menu(pages, title) for title, pages in sections(index))
        source[0] += _menu(PROJECT, "Project")
    elif name in LISTS:
        elsewhere = {*PROJECT, name, *(page for _, pages in sections(index) for page in pages)}
        source[0] += _menu([page for page in _pages(name, source[0]) if page not in elsewhere])


def _pages(name: str, text: str) -> list[str]:
    """Return the pages that a page's text links to, each once, without their endings."""
    folder = posixpath.dirname(name)
    targets = (link.partition("#")[0] for link in links(text) if ":" not in link)
    return list(
        dict.fromkeys(
            posixpath.normpath(posixpath.join(folder, target)).removesuffix(".md")
            for target in targets
            if target.endswith(".md")
        )
    )


def _menu(pages: Iterable[str], caption: str = "") -> str:
    options = [":hidden:", *([f":caption: {caption}"] if caption else [])]
    lines = ["```{toctree}", *options, "", *(f"/{page}" for page in pages), "```"]
    return "\n\n" + "\n".join(lines) + "\n"


def _add_other_addresses(app: Sphinx, error: Exception | None) -> None:
    """Let the folder's address lead to the first page, and a runbook's in the repository, which alarms link to, to its page."""
    if error is not None:
        return
    out = Path(app.outdir)
    shutil.copyfile(out / f"{app.config.root_doc}.html", out / "index.html")
    for page in list((out / RUNBOOKS).rglob("*.html")):
        moved = page.with_suffix(".md") / "index.html"
        moved.parent.mkdir(exist_ok=True)
        moved.write_text(_MOVED.format(name=page.stem, page=f"../{page.name}"))
