"""One package per service; they meet only through `radloom.topics`."""
