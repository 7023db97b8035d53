"""``python -m docgen.site FOLDER``: build the site into a folder; any warning fails it."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sphinx.cmd.build import build_main

HERE = Path(__file__).parent


def main(folder: str) -> int:
    """Build, and return 0 if Sphinx had nothing to complain of."""
    with TemporaryDirectory() as kept:
        options = ["--quiet", "--fail-on-warning", "--conf-dir", str(HERE), "--doctree-dir", kept]
        return build_main([*options, str(HERE.parents[1]), folder])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
