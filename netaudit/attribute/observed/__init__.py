"""Rules that exist -> their maker, by signatures and by what was recorded while the host changed.

In: rules that nothing expects, the signatures, observations. Out: attributions and writers.
Begin with recognise.py.
"""
