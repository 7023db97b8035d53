"""``python -m supply_chain.sbom WHEEL [ROOT]``: write the wheel's bill of materials beside it, and that of an image whose files are in ROOT."""

import sys
from pathlib import Path

from supply_chain import bill
from supply_chain.image import IncompleteError


def main(words: list[str]) -> int:
    """Write the bills; return 0, 1 if one does not fit CycloneDX's schema, 2 on a usage error or for a ROOT that is not complete."""
    if (
        len(words) not in (1, 2)
        or not Path(words[0]).is_file()
        or not all(Path(word).is_dir() for word in words[1:])
    ):
        print(__doc__, file=sys.stderr)
        return 2
    wheel = Path(words[0])
    bills = {wheel.with_name(f"{wheel.stem}.cdx.json"): bill.of_wheel(wheel)}
    if words[1:]:
        try:
            bills[wheel.with_name("image.cdx.json")] = bill.of_image(Path(words[1]))
        except IncompleteError as error:
            print(f"{error}. Nothing was written.", file=sys.stderr)
            return 2
    else:
        print("The image's bill was not made: no folder with its files was given (IMAGE_ROOT).")
    for path, text in bills.items():
        if found := bill.faults(text):
            print(f"{path.name} does not fit the schema of CycloneDX 1.6: {found[0]}", file=sys.stderr)
            return 1
        path.write_text(text)
        print(f"written: {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
