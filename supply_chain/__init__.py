"""What the program is made of, for auditors: locked packages, their licences, bills of materials, vulnerabilities, and scans of the sources.

Development only: nothing of it is in the wheel. ``make sbom``, ``make audit`` and ``make lint`` run it.
"""

from pathlib import Path

ROOT = Path(__file__).parent.parent
"""The project's folder."""
