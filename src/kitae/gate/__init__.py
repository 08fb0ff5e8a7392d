"""The only way out: declared endpoints, one HTTP client, a ledger of every call."""
