"""Observations and summaries, kept. Nothing here knows what they mean."""
