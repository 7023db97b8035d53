"""The contracts between the services: the bodies of their messages, and who sends what."""
