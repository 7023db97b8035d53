"""The world around the services, as far as it can be played: what they talk to, written apart from them."""
