"""Charts as SVG that the server draws, each with the same in a table beside it."""
