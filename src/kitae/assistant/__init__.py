"""Model + index → answers with citations."""
