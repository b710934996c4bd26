"""The public API: what `import netaudit` gives (docs/api.md), and what the command line is made of.

In: paths, facts, options. Out: results, and their text. Rules, checks and services that ship are read once.
Begin with recordings.py (facts), hosts.py (results), audits.py (findings), rendering.py (text).
"""
