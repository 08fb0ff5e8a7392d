"""Whether an answer keeps a condition: pure functions of the text that say why not."""
