"""kitae (鍛え): make, measure and run a language model of a company's own.

Importing it is silent and cheap: no environment is read, no thread started, no torch imported.
"""
