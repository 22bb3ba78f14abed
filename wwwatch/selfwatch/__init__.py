"""The watch on the watch: what is wrong with shipping, judging, mailing or the store becomes an incident as well.

facts: what is known, as data. gather: read from the store. rules: what is wrong, pure. incidents: opened, escalated and
closed, pure. turn: carries it out, a job of `wwwatch run`.
"""
