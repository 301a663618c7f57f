"""Every code radloom writes, once, with its source."""
