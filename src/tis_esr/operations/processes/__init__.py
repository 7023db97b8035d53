"""The processes of an installation: each announces itself in the store, and people and ``doctor`` read that."""
