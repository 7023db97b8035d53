"""RabbitMQ's side of the production engine: connections, deliveries, queues."""
