"""Findings for a terminal: one line each, and each with its evidence.

In: findings, gathered into mistakes. Out: lines. Begin with summary.py.
"""
