"""Questions about files that are asked a page at a time; ``operations.ledger`` has the whole ledger."""
