"""The first screen of a page: the verdict in sentences, numbers, what is open to whom, and what was found.

In: attributed values and findings. Out: sentences and values for the templates. Begin with opening.py.
"""
