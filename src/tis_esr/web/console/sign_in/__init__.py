"""The two ways to sign in: a one-time address for one's own machine, and an identity provider (OIDC)."""
