"""base model → a sealed, plain Hugging Face folder whose vocabulary fits the project."""
