"""The releases whose stores can be upgraded."""

from tis_esr.operations.upgrades.from_0_2 import FROM_0_2

UPGRADES = (FROM_0_2,)
"""The newest first. Each leads to the present schema; what is supported is in ``docs/how-to/upgrade.md``."""
