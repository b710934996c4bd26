"""Pages for people: HTML that needs nothing but itself, and Markdown.

In: attributed values. Out: a page.
Begin with render.py (what is rendered) and model.py (what a page shows).
"""
