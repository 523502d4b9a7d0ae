"""Compare, explain, render: the contract map and the drift report, in every format."""
