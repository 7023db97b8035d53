"""``tis-esr parked``: a module for each act."""
