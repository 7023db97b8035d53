"""The production engine: documents, inbox and outbox in MongoDB, delivery by RabbitMQ."""
