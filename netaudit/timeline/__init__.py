"""A history -> what changed, when, by which writer, because of what.

lines     two looks and what was heard between them -> the lines of a log
causes    one change -> what brought it about          rewritten  what was written and is as it was
programs  which program a process belongs to           neighbours what a short process did not live to tell
exposure  changes of who can reach what, in the words of a log
log       a history -> its lines, worked out where nobody has yet, and filtered
blame     one rule -> the change that brought it       bisect     a question -> the change that turned its answer
"""
