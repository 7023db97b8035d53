"""Upgrades of stores that earlier releases wrote."""
