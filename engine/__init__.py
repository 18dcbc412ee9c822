"""What the system knows: values, rules, the trace, and the service that runs it."""
