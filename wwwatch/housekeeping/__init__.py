"""Housekeeping: what is too old goes, by the settings of `[retention]`. `job.housekeeping_pass` is the scheduled job.

retention: what goes, pure. job: carries it out. removed: the days whose events are gone, for the ledger. ledger: prunes
it. erasing: one address or user, everywhere.
"""
