"""Passwords, access and refresh tokens, principals and limits."""
