"""NotificationGenerator: generates the notifications of each position."""
