"""Suites that others have published: read from their files, never shipped, and known by their digests."""
