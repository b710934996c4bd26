"""The Engine API, endpoint by endpoint, answered as dockerd does.

In: a request, and the state that it changes. Out: an Answer, or an EngineRefusal.
Begin with router.py.
"""
