"""Traffic → observations, written to the store. Does no harm to the traffic."""
