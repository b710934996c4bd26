"""What a page says of a policy that the host was held against.

In: an Assertion. Out: Markdown of its own, or the section of a page of HTML or Markdown.
Begin with section.py.
"""
