"""Fleets that are made: the lab's recordings under other names, addresses and ports, with faults that are known.

`make fleet N=10000 SEED=0` makes one in .fleet/ and audits it: `python -m fleets.run`.
"""
