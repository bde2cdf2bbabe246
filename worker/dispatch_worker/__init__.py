"""The reference worker: a pure session (`session`) and a thin shell that moves its frames (`runtime`)."""
