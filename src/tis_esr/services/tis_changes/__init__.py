"""TisChanges: brings in what changed in TIS."""
