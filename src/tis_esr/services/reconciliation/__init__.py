"""Reconciliation: stores ESR's positions and finds the post of each in TIS."""
