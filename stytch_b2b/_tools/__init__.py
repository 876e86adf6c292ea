"""Programs for the development of the package; users need none of them."""
