"""Drawings of a case as geometry: the server draws them, so that they print, are there without a
script and can be read out; each has a table that says the same."""
