"""Judging answers with a model: what is asked, what was said, what it counts, and how far it can be believed."""
