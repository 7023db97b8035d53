"""Renders pages from templates, with the design system's macros."""

from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import Any

from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from tis_esr import __version__
from tis_esr.operations.access.sessions import Session
from tis_esr.web.console.assets import assets
from tis_esr.web.console.page_links import on_pages, with_named_pages
from tis_esr.web.console.wording import FILTERS


@cache
def _environment() -> Environment:
    """Return the templates: ours first, then the design system's, whose macros read options that were not given."""
    loader = ChoiceLoader(
        [
            PackageLoader("tis_esr.web.console", "templates"),
            PackageLoader("nhsuk_frontend_jinja", "templates"),
        ]
    )
    found = Environment(
        loader=loader,
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found.filters.update(FILTERS)
    found.filters["on_pages"] = _on_pages
    found.filters["with_named_pages"] = _with_named_pages
    return found


@pass_context
def _on_pages(context: Context, text: str) -> Markup:
    """Return a text in which commands are pages, for the person who reads the page."""
    return on_pages(text, context["can_open"])


@pass_context
def _with_named_pages(context: Context, text: str) -> Markup:
    """Return an advice in which named pages are links, for the person who reads it."""
    return with_named_pages(text, context["can_open"])


def page(
    request: Request,
    template: str,
    title: str,
    values: Mapping[str, Any] | None = None,
    *,
    trail: tuple[tuple[str, str], ...] = (),
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return a page; ``trail`` are the pages above it (address, name), outermost first.

    A title must not have personal data: browsers keep it in their history.
    """
    session = session_of(request)
    content = (
        _environment()
        .get_template(template)
        .render(
            {
                "title": title,
                "can_open": partial(_can_open, request, session),
                "notice": request.scope.get("console.notice", ""),
                "session": session,
                "may_search": _may_search(request, session),
                "static": assets().folder,
                "version": __version__,
                "menu": list(_menu(request, session)),
                "trail": [{"href": href, "text": text} for href, text in trail],
                **(values or {}),
            }
        )
    )
    return HTMLResponse(content, status, headers)


def session_of(request: Request) -> Session | None:
    """Return the session that a request belongs to."""
    found: Session | None = request.scope.get("console.session")
    return found


def _can_open(request: Request, session: Session | None, path: str) -> bool:
    """Return whether a person may open a page, by its path in the table of pages."""
    pages = request.scope["console"].pages
    return session is not None and any(one.path == path and one.is_for(session.account) for one in pages)


def _may_search(request: Request, session: Session | None) -> bool:
    """Return whether the header has the search: accounts that are limited to trusts have none."""
    return _can_open(request, session, "/search")


def _menu(request: Request, session: Session | None) -> Iterator[dict[str, Any]]:
    """Yield the pages that the person may open, for the menu."""
    if session is None:
        return
    path = request.url.path
    for item in request.scope["console"].menu:
        if item.is_for(session.account):
            yield {
                "path": item.path,
                "name": item.name,
                "current": path == item.path or path.startswith(f"{item.path}/"),
                "is_here": path == item.path,
            }
