"""TCS's contract on a folder of data, over real HTTP: for the demo, for tests, and to try things on."""
