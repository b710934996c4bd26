"""A Compose project without Compose: what `docker compose up` would send for it.

In: what `docker compose config --format json` prints, and a planned engine. Out: the requests, sent to that engine.
Begin with up.py.
"""
