"""Hostile peers: seeded floods of broken frames and requests, while honest jobs go on."""
