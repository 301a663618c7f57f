"""Tables that every service with a worker or an outbox has: inbox, outbox, attempts."""
