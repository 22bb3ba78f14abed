"""What goes wrong between a log and its store, on purpose: after each fault every line is stored, and once."""
