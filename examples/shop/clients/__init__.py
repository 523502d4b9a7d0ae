"""The shop's consumers: each has its own library, its own way to say who it is, and its own habits."""
