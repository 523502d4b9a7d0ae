"""What a clause is, and how declared documents become clauses."""
