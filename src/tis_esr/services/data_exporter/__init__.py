"""DataExporter: keeps records until they are exported, and writes the files for ESR."""
