"""
What the API does, without HTTP: one module per noun, functions over the store.

Rules raise the errors of `errors`, and are the only code that changes the store. Their caller
holds the store's lock.
"""
