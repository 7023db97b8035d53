"""HTML that a keyboard and a screen reader can use where Sphinx's own can't."""

from docutils import nodes
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx
from sphinx.util.logging import getLogger
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

from docgen.site.diagrams import DRAWINGS, name_of

_log = getLogger(__name__)
_DRAWN = """<img class="diagram" src="{address}" alt="A diagram. Its text follows.">
<details><summary>The diagram as text</summary>
"""


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register with Sphinx."""
    app.set_translator("html", Translator)
    app.add_lexer("mermaid", TextLexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class Translator(HTML5Translator):
    """Tables and blocks of code that scroll can be scrolled by keyboard; a head without text is left out; diagrams are drawn."""

    def visit_table(self, node: nodes.Element) -> None:
        """Open a table in a box of its own width."""
        self.body.append('<div class="wide" role="group" tabindex="0" aria-label="Table">')
        super().visit_table(node)

    def depart_table(self, node: nodes.Element) -> None:
        """Close a table and its box."""
        super().depart_table(node)
        self.body.append("</div>\n")

    def visit_thead(self, node: nodes.Element) -> None:
        """Open a head, unless Markdown alone required it."""
        if not node.astext().strip():
            raise nodes.SkipNode
        super().visit_thead(node)

    def visit_entry(self, node: nodes.Element) -> None:
        """Open a cell; one without text in a head is no heading."""
        if isinstance(node.parent.parent, nodes.thead) and not node.astext().strip():
            self.body.append("<td></td>")
            raise nodes.SkipNode
        super().visit_entry(node)

    def visit_literal_block(self, node: nodes.Element) -> None:
        """Write a block of code; of a diagram its drawing, and its text to be opened."""
        is_diagram = node.get("language") == "mermaid"
        if is_diagram:
            self.body.append(_DRAWN.format(address=self._drawing(node)))
        try:
            super().visit_literal_block(node)
        except nodes.SkipNode:
            self.body[-1] = self.body[-1].replace("<pre>", '<pre tabindex="0">', 1)
            if is_diagram:
                self.body.append("</details>\n")
            raise

    def _drawing(self, node: nodes.Element) -> str:
        """Return the address of a diagram's drawing, seen from the page."""
        name = name_of(node.astext())
        if not (DRAWINGS / name).exists():
            _log.warning("a diagram has no drawing: run tools/draw_diagrams.py", location=node)
        return "../" * self.builder.current_docname.count("/") + f"_static/{name}"
