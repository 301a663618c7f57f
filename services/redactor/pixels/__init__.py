"""Text that was burned into pixels: found, read, and blanked unless it is known to be harmless."""
