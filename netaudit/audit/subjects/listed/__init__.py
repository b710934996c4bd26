"""Chains as they were listed, as facts of a firewall: what they tell by themselves, without an inventory.

In: a snapshot and a family. Out: chains that nobody asks, rules that repeat, what INPUT and OUTPUT stop.
Begin with chains.py.
"""
