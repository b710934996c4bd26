"""Hostile input of every form, made from a seed: structures, sizes, shapes and noise (`make break`)."""
