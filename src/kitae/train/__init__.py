"""model + data → model: courses through one training loop."""
