"""Generated from `proto/radloom/wire/v1`; never edited."""
