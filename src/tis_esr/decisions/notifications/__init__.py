"""Which notifications ESR is sent, and what each holds."""
