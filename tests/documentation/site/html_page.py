"""What a page of HTML links to, what it loads, and the anchors that it has."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

LOADED = {"src", "srcset", "poster", "data", "action", "formaction", "background"}
"""Attributes whose address a browser requests by itself, or sends a form to."""


class HtmlPage(HTMLParser):
    """``links`` are what a person may follow, ``loaded`` what the browser needs for the page, ``menu`` the links of the menu."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.menu: list[str] = []
        self._in_menu = False
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given["id"]} if "id" in given else set()
        if tag == "nav":
            self._in_menu = given.get("id") == "menu"
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
            self.menu += [given["href"]] if self._in_menu else []
        elif "href" in given and given.get("rel") not in {"next", "prev"}:
            self.loaded.append(given["href"])
        self.loaded += [given[name] for name in LOADED & given.keys()]

    def handle_endtag(self, tag: str) -> None:
        self._in_menu = self._in_menu and tag != "nav"


def pages_of(site: Path) -> Iterator[Path]:
    """Yield the site's pages, without the addresses that only lead on to one."""
    for path in sorted(site.rglob("*.html")):
        if path.parent.suffix != ".md":
            yield path
