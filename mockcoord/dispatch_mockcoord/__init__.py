"""The mock coordinator: a pure core (`core`), a store, and the server around them."""
