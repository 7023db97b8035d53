"""What is stored about one person: exported for a subject request, and erased as far as it may be."""
