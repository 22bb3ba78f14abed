"""`wwwatch anomalies`, `incidents`, `top`, `ip`: questions a person or a program asks of the store."""
