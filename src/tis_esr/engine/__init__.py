"""Transactions, batches, retries and parking, behind one protocol for every engine."""
