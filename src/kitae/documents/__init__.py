"""files → documents with structure, label and groups; and what of them may be trained on."""
