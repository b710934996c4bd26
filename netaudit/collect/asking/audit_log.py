"""Say what is asked before it is asked: every program, request, file and question to the kernel."""

import logging

LOGGER = "netaudit.collect"
_LOG = logging.getLogger(LOGGER)


def announce(kind: str, what: str) -> None:
    """Log an action for all who listen to the logger; `kind` is one word, such as run, GET, read or ask."""
    _LOG.info("%s %s", kind, what)
