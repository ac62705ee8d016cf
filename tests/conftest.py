"""Fixtures for every ring of tests."""
