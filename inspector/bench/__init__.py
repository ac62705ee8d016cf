"""Benchmarks: ``python main.py bench NAME``. Each module has ``run(options) -> Report``."""
