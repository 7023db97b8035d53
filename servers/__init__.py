"""The real servers for tests, benchmarks and trying things out, without Docker."""
