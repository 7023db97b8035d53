"""Both engines, for questions that read what the services keep."""

from tests.services.conftest import benches

__all__ = ["benches"]
