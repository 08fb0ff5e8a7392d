"""Commands: parse, call, print. One small file each."""
