"""What consumers and the producer do over several exchanges: order, failure, repeats, timing, protocol."""
