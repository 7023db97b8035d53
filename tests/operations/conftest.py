"""Both engines, for questions that read what the services keep."""

from tests.services.conftest import benches, embedded

__all__ = ["benches", "embedded"]
