"""What a recording is on disk: its index, its limits, its times.

In: bytes of recording.json. Out: an Index.
Begin with index.py; docs/recording.md describes the format.
"""
