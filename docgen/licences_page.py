"""``docs/reference/licences.md``: every package that the program or its development needs, and its licence."""

from docgen.markdown import NOTICE, table
from supply_chain import licences, locked, npm_lock


def page() -> str:
    """Return the page."""
    runtime = locked.read(locked.RUNTIME)
    names = {(package.name, package.version) for package in runtime}
    development = [package for package in locked.everything() if (package.name, package.version) not in names]
    npm = [(one.name, one.version, one.license) for one in npm_lock.read()]
    copied = [(one.name, one.version, one.licence, one.needed_for) for one in licences.copied()]
    return (
        "\n\n".join(
            [
                NOTICE,
                "# Licences",
                "Every package of the lock files, with its licence as an SPDX expression. `tests/supply_chain` fails if one has a licence "
                "that `supply_chain/licences.toml` does not allow, or none that is known.",
                "Allowed: " + ", ".join(f"`{name}`" for name in sorted(licences.allowed())) + ".",
                f"## Copied into the program ({len(copied)})",
                table(("package", "version", "licence", "used for"), copied),
                f"## Needed to run ({len(runtime)})",
                "In the image, and installed with the wheel.",
                _packages(runtime),
                f"## Needed to build and test ({len(development)})",
                "Not in the image, and not installed with the wheel.",
                _packages(development),
                f"## Installed by npm to test ({len(npm)})",
                "Types by which custom resources of Kubernetes are checked. Not in the image.",
                table(("package", "version", "licence"), npm),
            ]
        )
        + "\n"
    )


def _packages(packages: list[locked.Locked]) -> str:
    rows = [
        (
            one.name,
            one.version,
            licences.licence(one),
            ", ".join(one.needed_by) or "-",
            one.marker and f"`{one.marker}`",
        )
        for one in packages
    ]
    return table(("package", "version", "licence", "needed by", "only where"), rows)
