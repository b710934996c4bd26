"""What rules that are there tell by themselves: their maker, Docker's options, who wrote them.

In: rules that nobody expected, and what was seen while a host changed. Out: attributions and writers.
Begin with recognise.py.
"""
