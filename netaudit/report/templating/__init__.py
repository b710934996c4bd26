"""Jinja2: templates -> text, escaped for their format; it is imported here alone.

In: a template and what it shows. Out: text.
Begin with environment.py.
"""
