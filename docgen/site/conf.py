"""Settings of Sphinx. The pages are the project's own Markdown, as it is read in the repository."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import tis_esr  # noqa: E402 - found by the path above

project = "tis-esr"
release = tis_esr.__version__
language = "en"

extensions = ["myst_parser", "docgen.site.navigation", "docgen.site.markup"]
root_doc = "README"
source_suffix = {".md": "markdown"}
exclude_patterns = [
    path.name
    for path in ROOT.iterdir()
    if path.name != "docs" and not (path.is_file() and path.suffix == ".md")
]
myst_heading_anchors = 6
smartquotes = False

html_theme = "theme"
html_theme_path = ["."]
html_static_path = ["diagrams"]
html_title = "tis-esr"
html_permalinks_icon = "#"
html_copy_source = False
html_show_search_summary = (
    False  # the browser would have to fetch each page that was found, which it can't from files
)
html_use_index = False
html_domain_indices = False
pygments_style = "bw"
