"""Helpers that several rings of tests share."""
