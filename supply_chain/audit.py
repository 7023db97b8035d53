"""``python -m supply_chain.audit DATABASE``: known vulnerabilities in what is locked, by an OSV database in a folder or ZIP file.

Exit codes: 0 none, 1 at least one, 3 the database is missing, empty or too old. Nothing is asked over a network.
"""

import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from packageurl import PackageURL
from packaging.utils import canonicalize_name

from supply_chain import ROOT, licences, locked, npm_lock, osv
from tis_esr import wall_clock

MOST_DAYS = 30
"""Age of the newest advisory after which a database is refused: PyPI alone has new ones every day."""
ACCEPTED = ROOT / "supply_chain" / "accepted.toml"
_NO_DATABASE = """No database of vulnerabilities was given, and nothing was checked.
Download OSV's exports of PyPI and npm (one ZIP file each) on a machine with access to the internet, copy them into a folder,
and run: make audit OSV=FOLDER"""


@dataclass(frozen=True)
class Used:
    """A version that is in use, and where it is locked."""

    ecosystem: str
    name: str
    version: str
    where: str


@dataclass(frozen=True)
class Acceptance:
    """A finding that somebody has judged harmless here, up to and including a day."""

    id: str
    package: str
    reason: str
    until: date


def in_use() -> list[Used]:
    """Return all that is locked, also for npm, and what is copied into the sources."""
    packages = [
        Used("PyPI", one.name, one.version, lock.name) for lock in locked.LOCKS for one in locked.read(lock)
    ]
    npm = [Used("npm", one.name, one.version, npm_lock.LOCK.name) for one in npm_lock.read()]
    copies = [(PackageURL.from_string(one.purl), one) for one in licences.copied()]
    return [*packages, *npm, *(Used(url.type, url.name, url.version or "", one.where) for url, one in copies)]


def accepted(path: Path = ACCEPTED) -> list[Acceptance]:
    """Return what has been accepted."""
    return [Acceptance(**one) for one in tomllib.loads(path.read_text()).get("accepted", [])]


def findings(
    used: list[Used], advisories: list[osv.Advisory], waived: list[Acceptance], today: date
) -> Iterator[str]:
    """Yield a line for each advisory that affects a used version and is not accepted today."""
    passed = {(one.id, one.package) for one in waived if today <= one.until}
    by_name: dict[tuple[str, str], list[tuple[osv.Advisory, osv.Affected]]] = {}
    for advisory in advisories:
        for one in advisory.affected:
            if one.package:
                by_name.setdefault(_place(one.package), []).append((advisory, one))
    for package in used:
        for advisory, one in by_name.get((package.ecosystem, package.name), []):
            if (advisory.id, package.name) not in passed and osv.is_affected(one, package.version):
                yield _line(package, advisory, one)


def _place(package: osv.Package) -> tuple[str, str]:
    """Return the ecosystem and the name by which a package is locked: PyPI alone has several ways to write one."""
    is_pypi = package.ecosystem == "PyPI"
    return package.ecosystem, canonicalize_name(package.name) if is_pypi else package.name


def _line(package: Used, advisory: osv.Advisory, affected: osv.Affected) -> str:
    names = ", ".join([advisory.id, *advisory.aliases])
    fixed = ", ".join(osv.fixed_in(affected)) or "no version yet"
    return f"{package.name} {package.version} ({package.where}): {names}: {advisory.summary or 'no summary'}. Fixed in: {fixed}."


def _ages(advisories: list[osv.Advisory], today: date) -> dict[str, int]:
    """Return the age of the newest advisory of each ecosystem, in days."""
    newest = {name: max(one.modified for one in osv.of(advisories, name)) for name in osv.ECOSYSTEMS}
    return {name: (today - date.fromisoformat(moment[:10])).days for name, moment in newest.items()}


def _recent(path: Path, today: date) -> list[osv.Advisory]:
    advisories = osv.read(path)
    if missing := [name for name in osv.ECOSYSTEMS if not osv.of(advisories, name)]:
        raise osv.DatabaseError(f"{path} has no OSV entry for {' and '.join(missing)}")
    for name, days in _ages(advisories, today).items():
        if days > MOST_DAYS:
            raise osv.DatabaseError(
                f"{path}: its newest advisory for {name} is {days} days old, at most {MOST_DAYS} are allowed"
            )
    return advisories


def main(words: list[str]) -> int:
    """Print the findings; return the exit code."""
    if len(words) != 1 or not words[0]:
        print(_NO_DATABASE, file=sys.stderr)
        return 3
    today = wall_clock.today()
    try:
        advisories = _recent(Path(words[0]), today)
    except (osv.DatabaseError, OSError, ValueError) as error:
        print(f"{error}. Nothing was checked.", file=sys.stderr)
        return 3
    used = in_use()
    found = list(dict.fromkeys(findings(used, advisories, accepted(), today)))
    print(*found, sep="\n", end="\n" if found else "")
    ages = " and ".join(f"for {name} {days}" for name, days in _ages(advisories, today).items())
    print(
        f"Checked: {len(used)} locked versions against {len(advisories)} advisories, the newest {ages} days old. Findings: {len(found)}."
    )
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
