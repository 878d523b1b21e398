"""Numbered migrations: each says why, imports no models, and goes up and down."""
