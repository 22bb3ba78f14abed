"""Login pages, found by how they answer.

Figures of what takes POSTs are read (`reading`), judged (`judging`), and what is a login is kept (`keeping`).
"""
