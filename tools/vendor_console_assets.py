"""Copies the NHS design system's files into the console: ``vendor_console_assets.py FOLDER`` of an unpacked nhsuk-frontend.

Run it after ``npm pack nhsuk-frontend@VERSION`` and unpacking, to take a newer version; the copies are committed. Two things are
changed: the fonts are left out, which the stylesheet would load from another host (and whose licence covers NHS services only), and
images are addressed relative to the stylesheet.
"""

import json
import re
import shutil
import sys
from pathlib import Path

STATIC = Path(__file__).parent.parent / "src/tis_esr/web/console/static"
_FONT = re.compile(r"@font-face\{[^}]*\}")
_IMAGE = re.compile(r"url\(/assets/images/([a-z0-9-]+\.svg)\)")
_MAP = re.compile(r"\n?/[/*]# sourceMappingURL=[^\n]*")


def main(words: list[str]) -> int:
    """Copy the files; return the exit code."""
    if len(words) != 1 or not (package := Path(words[0]) / "package.json").is_file():
        print(__doc__)
        return 2
    version = json.loads(package.read_text())["version"]
    found = Path(words[0]) / "dist/nhsuk"
    style = _FONT.sub("", (found / "nhsuk-frontend.min.css").read_text())
    images = sorted(set(_IMAGE.findall(style)))
    (STATIC / "nhsuk-frontend.css").write_text(_IMAGE.sub(r"url(images/\1)", _MAP.sub("", style)))
    (STATIC / "nhsuk-frontend.js").write_text(_MAP.sub("", (found / "nhsuk-frontend.min.js").read_text()))
    for image in (*images, "favicon.svg", "favicon.ico"):
        shutil.copyfile(found / "assets/images" / image, STATIC / "images" / image)
    print(f"nhsuk-frontend {version}: stylesheet, script and {len(images) + 2} images in {STATIC}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
