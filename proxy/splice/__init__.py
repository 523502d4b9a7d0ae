"""The splice lane: bytes go straight through, copies of them go to a decoder in another process."""
