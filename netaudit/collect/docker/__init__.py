"""Ask the Docker engine, and find out which engine it is.

In: the engine's API, its process, its configuration file. Out: JSON with the fields that a recording keeps, or a gap.
Begin with engine.py.
"""
