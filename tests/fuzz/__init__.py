"""Inputs nobody would think of, found by the coverage they reach: `make fuzz`."""
