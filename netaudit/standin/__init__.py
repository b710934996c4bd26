"""A command's own client runs against a stand-in for the engine: what it asks for is read, and nothing happens.

In: facts, and a command such as `docker run …`. Out: the requests, and the inventory that they would lead to.
Begin with session.py.
"""
