"""Training on a machine that is not one's own: what leaves, and the job file that trains there."""
