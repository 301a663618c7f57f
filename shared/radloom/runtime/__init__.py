"""What every service runs in: worker, outbox, HTTP and gRPC doors, telemetry."""
