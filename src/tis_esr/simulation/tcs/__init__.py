"""Serves TCS's REST API from a folder of data, over real HTTP: for the demo and for tests."""
