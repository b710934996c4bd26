"""How plain formats are written: CSV and OpenMetrics, whatever is in them.

In: cells, samples. Out: text in which nothing of others is obeyed.
Begin with csv_rows.py.
"""
