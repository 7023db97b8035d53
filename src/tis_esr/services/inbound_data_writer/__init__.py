"""InboundDataWriter: the only service that writes to TCS."""
