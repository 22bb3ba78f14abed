"""What no single client shows: many clients that do one thing together, each with little.

A few kinds of evidence (`evidence`) are counted per window of the whole site (`screen`). Where there is enough of one,
it is split by network, autonomous system, agent and login page, and each part is a candidate (`candidates`). Rules on
its figures, and on what is usual here (`usual`), decide (`rules`); clients that behave like people are no attackers
(`people`). Of what is left, the smallest entity that explains it is the finding (`findings`).
"""
