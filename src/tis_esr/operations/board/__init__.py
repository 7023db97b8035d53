"""The board: which files are expected on a day, which are here, late or missing, and what that means for starters."""
