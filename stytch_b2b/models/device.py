"""The device a Member authenticated from, as the server knows it."""

from __future__ import annotations

from attrs import frozen

from ._types import Timestamp


@frozen(kw_only=True)
class DeviceAttributeDetails:
    """Whether an attribute of a device was seen with this Member before."""

    is_new: bool
    first_seen_at: Timestamp | None = None
    last_seen_at: Timestamp | None = None


@frozen(kw_only=True)
class DeviceInfo:
    """Where a Member authenticated from; known only to projects with device history."""

    ip_address: str | None = None
    ip_address_details: DeviceAttributeDetails | None = None
    ip_geo_city: str | None = None
    ip_geo_region: str | None = None
    ip_geo_country: str | None = None
    ip_geo_country_details: DeviceAttributeDetails | None = None
