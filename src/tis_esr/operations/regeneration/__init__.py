"""Generates records again for a person, a post, a placement, a deanery, or whatever failed: no more edits without a change (A8)."""
