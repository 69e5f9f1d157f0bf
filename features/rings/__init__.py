"""Rings: groups of accounts held together by links, what they did, and how likely they are abusive."""
