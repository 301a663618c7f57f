"""radloom connects imaging archive and health record with clinical AI, and proves the results."""
