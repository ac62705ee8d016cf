"""``Usd.Stage`` and nothing else: stages, prims, queries, transforms and the flat tables."""
