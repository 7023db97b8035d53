"""Simulations of the systems around the services, written independently of them."""
