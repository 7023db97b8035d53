"""Where the production engine's servers are, and how long its leases last."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ServerAddresses:
    """``amqp_url`` ends in the virtual host; both URLs may hold a password, so neither is ever shown.

    ``lease_seconds`` is how long the messages of a dead process stay leased; a live one renews its leases. After
    ``resend_seconds`` a message that RabbitMQ no longer has is published again.
    """

    amqp_url: str = field(repr=False)
    mongodb_url: str = field(repr=False)
    database: str = "tis_esr"
    lease_seconds: float = 30.0
    resend_seconds: float = 60.0
    poll_seconds: float = 1.0
