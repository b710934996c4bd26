"""Watch a host: look when something changed, keep what was seen, tell who wants to know.

watcher   the loop: wake, wait until quiet, look, keep          service  what systemd is told, and the unit
alerts    lines of the log -> what is worth an alert            senders  where alerts go
"""
