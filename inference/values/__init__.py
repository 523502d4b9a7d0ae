"""Statements about values, mined from sampled exchanges when a map is made."""
