"""documents → training text, with a ledger of what was dropped and why."""
