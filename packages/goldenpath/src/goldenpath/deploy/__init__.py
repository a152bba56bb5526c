"""Putting revisions of a system onto machines, and taking them back."""
