"""A second family of broken workers, in JavaScript: proof that nothing in the suite leans on Python.

`worker.mjs` conforms as it stands, written from the specification with node's own JSON. `worker.mjs --defect
NAME` is broken in one way, as those break their workers who write JavaScript. `family` names and starts them.
"""
