"""The seven services, one folder each, and what they share: flow, day, budget of calls to TCS, ordering of facts."""
