"""Honest crowds laid over a lake, whichever generator made it: fans, classes, pods, feeds, outrage, and the truth.

`overlay.lay` is pure: tables of accounts, videos and events in, the rows to add and who was in which crowd out.
`python -m simulation.organic LAKE TRUTH` reads and writes.
"""
