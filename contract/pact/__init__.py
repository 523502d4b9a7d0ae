"""Pact: recorded examples as files that Pact's own verifier holds a provider to (versions 3 and 4).

`writing` knows the files, `rules` what an example's value stands for. Who relies on what is told to them.
https://github.com/pact-foundation/pact-specification, branches version-3 and version-4.
"""
