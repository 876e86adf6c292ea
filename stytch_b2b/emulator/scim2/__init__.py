"""
SCIM 2.0 as RFC 7643 and 7644 have it: schemas, values, filters, patches.

Nothing here knows of members, of the store or of HTTP. A resource is what its JSON is, with the
names of attributes in the case that the schemas give them.
"""
