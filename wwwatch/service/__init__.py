"""`wwwatch run`: which job is due when, who of several instances does it, and what becomes of one that fails."""
