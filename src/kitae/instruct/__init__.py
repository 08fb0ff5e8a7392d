"""documents → dialogues: questions, passages, answers with citations."""
