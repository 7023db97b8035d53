"""What every chart is: a drawing, the same as a table, and the parts that drawings are made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape


@dataclass(frozen=True)
class Chart:
    """A chart for the macro ``chart`` of chart.html. ``name`` is unique on its page, ``says`` what one sees in it, in words."""

    name: str
    title: str
    says: str
    svg: Markup
    headers: Sequence[str]
    rows: Sequence[Sequence[object]]


def element(name: str, *content: str | Markup, **attributes: object) -> Markup:
    """Return an element of SVG; attributes are named with ``_`` for ``-``, and ``class_`` for ``class``."""
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value)
        for key, value in attributes.items()
    )
    inside = Markup("").join(escape(one) for one in content)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, inside)  # noqa: S704 - a name of this package


def drawing(name: str, title: str, says: str, width: int, height: int, parts: Iterable[Markup]) -> Markup:
    """Return an SVG of a fixed size, which scrolls where it has no room, so that its text stays readable."""
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", says, id=f"{name}-says"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        class_="app-chart",
        role="img",
        aria_labelledby=f"{name}-title {name}-says",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
    )


def text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "") -> Markup:
    """Return words at a place."""
    attributes = {"class_": kind} if kind else {}
    return element("text", words, x=f"{x:g}", y=f"{y:g}", text_anchor=anchor, **attributes)


def box(x: float, y: float, width: float, height: float, kind: str) -> Markup:
    """Return a rectangle."""
    return element("rect", x=f"{x:g}", y=f"{y:g}", width=f"{width:g}", height=f"{height:g}", class_=kind)
