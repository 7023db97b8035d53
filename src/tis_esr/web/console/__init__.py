"""The web console: pages over ``operations``, for the support team, local offices and trusts."""
