"""The nouns that two or more stages share. Imports nothing from the rest of kitae."""
