"""What a watcher measures, for Prometheus: a text file, or a page on loopback.

In: looks and alerts. Out: OpenMetrics text.
Begin with measures.py.
"""
