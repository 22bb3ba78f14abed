"""Addresses and networks to keep out, made of incidents, for the program that does it. We never apply it."""
