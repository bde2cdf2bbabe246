"""How fast the reference is, each figure beside a baseline measured in the same run. See README.md."""
