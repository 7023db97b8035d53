"""What others tell us by HTTP: that a file has arrived in the bucket."""
