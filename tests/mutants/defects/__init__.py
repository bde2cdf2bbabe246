"""The defects, by area. Each class breaks one clause in the way in which implementers break it."""
