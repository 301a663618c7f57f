"""Published criteria, one module per instrument; `docs/criteria.md` holds the source of each."""
