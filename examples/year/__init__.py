"""A scripted year of an interface: who came, left and came back, what was decided, what surprised whom."""
