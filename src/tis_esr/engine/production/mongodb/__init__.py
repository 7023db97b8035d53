"""MongoDB's side of the production engine: documents, inbox, outbox, leases, rows."""
