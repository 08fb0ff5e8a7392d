"""A model you can talk to: rendering of dialogues, local and remote generation."""
