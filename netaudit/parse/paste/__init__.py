"""What people paste: answers of several programs in one text, with prompts and prose between -> files.

In: text. Out: for each source what of the text is its answer, on the lines where it stood, and gaps.
Begin with split.py.
"""
