"""Keeps two national systems of the NHS, TIS and ESR, in step about every doctor in training."""

__version__ = "0.3.0"
