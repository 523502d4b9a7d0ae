"""The lane without traffic: recordings that others made, read as observations like any other.

Each format is one module with two functions: `recognises` looks at the first bytes of a file, `read` yields
what the file holds as `recording.Item`s. An importer never raises for what stands in the file: it names
what it cannot read.
"""
