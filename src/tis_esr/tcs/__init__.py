"""TCS's client: models, calls, circuit breaker and load control."""
