"""Planned traffic sent to a real web server on this machine. `drive.Drive` is what others call."""
