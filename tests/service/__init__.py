"""The service over a long time: a week under a driven clock, and leaders killed at random."""
