"""InboundDataReader: admits files from ESR and splits them into one message per record."""
