"""documents → index → passages: splitting, Japanese tokens, static embeddings, fused search."""
