"""The async clients and their resources, written by hand; `stytch_b2b._sync` is made of them."""
