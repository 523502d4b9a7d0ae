"""Decoders: bytes and a timestamp in, observations out. No sockets, no clock, no store."""
