"""What training will cost, what it did cost, and when it happens."""
