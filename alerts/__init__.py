"""Alerts: stored incidents in, mails and digests out."""
