"""Positions of ESR and posts of TIS as lists to look through: of one office at a time."""
