"""The mirror lane: traffic that was copied elsewhere, by a capture of packets or by who forwards it."""
