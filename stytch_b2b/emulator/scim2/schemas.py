"""What users and groups consist of: the schemas of RFC 7643 as data, and as they are sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from attrs import evolve, frozen

Json = dict[str, Any]
AttributeType = Literal["string", "boolean", "reference", "binary", "dateTime", "complex"]
Mutability = Literal["readWrite", "readOnly", "immutable"]

USER_URN = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE_URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP_URN = "urn:ietf:params:scim:schemas:core:2.0:Group"

_SCHEMA_URN = "urn:ietf:params:scim:schemas:core:2.0:Schema"
_RESOURCE_TYPE_URN = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"


@frozen(kw_only=True)
class Attribute:
    """One attribute and its characteristics (RFC 7643, section 2.2)."""

    name: str
    type: AttributeType = "string"
    description: str = ""
    multi_valued: bool = False
    required: bool = False
    case_exact: bool = False
    mutability: Mutability = "readWrite"
    is_unique: bool = False
    reference_types: tuple[str, ...] = ()
    canonical_values: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    """Those of a complex attribute."""

    def find(self, name: str) -> Attribute | None:
        """Return the sub-attribute of a name, in whatever case it is written."""
        return _named(self.attributes, name)

    def as_json(self) -> Json:
        """Return the attribute as a schema lists it."""
        body: Json = {
            "name": self.name,
            "type": self.type,
            "multiValued": self.multi_valued,
            "description": self.description,
            "required": self.required,
            "mutability": self.mutability,
            "returned": "default",
        }
        if self.type == "complex":
            return {**body, "subAttributes": [each.as_json() for each in self.attributes]}
        if self.reference_types:
            body["referenceTypes"] = list(self.reference_types)
        if self.canonical_values:
            body["canonicalValues"] = list(self.canonical_values)
        if self.type != "boolean":
            body["caseExact"] = self.case_exact
            body["uniqueness"] = "server" if self.is_unique else "none"
        return body


@frozen(kw_only=True)
class Schema:
    """A named set of attributes."""

    urn: str
    name: str
    description: str
    attributes: tuple[Attribute, ...]

    def as_json(self, base_url: str) -> Json:
        """Return the schema as ``/Schemas`` lists it."""
        return {
            "schemas": [_SCHEMA_URN],
            "id": self.urn,
            "name": self.name,
            "description": self.description,
            "attributes": [each.as_json() for each in self.attributes],
            "meta": {"resourceType": "Schema", "location": f"{base_url}/Schemas/{self.urn}"},
        }


@frozen(kw_only=True)
class ResourceType:
    """What is to be had at one endpoint."""

    name: str
    endpoint: str
    schema: Schema
    extensions: tuple[Schema, ...] = ()

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """
        All attributes of such a resource, the common ones among them.

        An extension is one complex attribute, as it is in the JSON.
        """
        extensions = (
            Attribute(name=each.urn, type="complex", attributes=each.attributes)
            for each in self.extensions
        )
        return (*_COMMON, *self.schema.attributes, *extensions)

    def resolve(self, name: str) -> tuple[Attribute, ...] | None:
        """
        Return what a name such as ``name.givenName`` leads through, or nothing if it is unknown.

        Names of the core schema may have its URN before them; those of an extension must.
        """
        for extension in self.extensions:
            outer = _named(self.attributes, extension.urn)
            rest = _after(extension.urn, name)
            if outer is not None and rest is not None:
                return (outer,) if not rest else _walk((outer,), outer.attributes, rest)
        rest = _after(self.schema.urn, name)
        return _walk((), self.attributes, name if rest is None else rest)

    def as_json(self, base_url: str) -> Json:
        """Return the type as ``/ResourceTypes`` lists it."""
        return {
            "schemas": [_RESOURCE_TYPE_URN],
            "id": self.name,
            "name": self.name,
            "description": self.schema.description,
            "endpoint": self.endpoint,
            "schema": self.schema.urn,
            "schemaExtensions": [
                {"schema": each.urn, "required": False} for each in self.extensions
            ],
            "meta": {
                "resourceType": "ResourceType",
                "location": f"{base_url}/ResourceTypes/{self.name}",
            },
        }


def _named(attributes: Iterable[Attribute], name: str) -> Attribute | None:
    return next((each for each in attributes if each.name.lower() == name.lower()), None)


def _after(urn: str, name: str) -> str | None:
    if name.lower() == urn.lower():
        return ""
    return name[len(urn) + 1 :] if name.lower().startswith(f"{urn.lower()}:") else None


def _walk(
    steps: tuple[Attribute, ...], attributes: Iterable[Attribute], name: str
) -> tuple[Attribute, ...] | None:
    for part in name.split("."):
        found = _named(attributes, part)
        if found is None:
            return None
        steps = (*steps, found)
        attributes = found.attributes
    return steps


def _texts(**descriptions: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(name=name, description=text) for name, text in descriptions.items())


_PRIMARY = Attribute(
    name="primary", type="boolean", description="Whether it is the preferred one of its attribute."
)
_WHAT_FOR = Attribute(name="type", description="What it is for.")
_LABEL = Attribute(name="display", description="Its name for people.")


def _several(name: str, description: str, value: Attribute, *types: str) -> Attribute:
    return Attribute(
        name=name,
        type="complex",
        multi_valued=True,
        description=description,
        attributes=(value, _LABEL, evolve(_WHAT_FOR, canonical_values=types), _PRIMARY),
    )


_VALUE = Attribute(name="value", description="The value itself.")
_URL = evolve(_VALUE, type="reference", reference_types=("external",), case_exact=True)

_COMMON = (
    Attribute(
        name="schemas",
        type="reference",
        multi_valued=True,
        case_exact=True,
        mutability="readOnly",
    ),
    Attribute(name="id", case_exact=True, mutability="readOnly", is_unique=True),
    Attribute(name="externalId", case_exact=True),
    Attribute(
        name="meta",
        type="complex",
        mutability="readOnly",
        attributes=(
            Attribute(name="resourceType", case_exact=True),
            Attribute(name="created", type="dateTime"),
            Attribute(name="lastModified", type="dateTime"),
            Attribute(name="location", type="reference", case_exact=True),
        ),
    ),
)

_USER_SCHEMA = Schema(
    urn=USER_URN,
    name="User",
    description="A person.",
    attributes=(
        Attribute(
            name="userName",
            description="What the person logs in with at the identity provider.",
            required=True,
            is_unique=True,
        ),
        Attribute(
            name="name",
            type="complex",
            description="The person's name, in parts and as one text.",
            attributes=_texts(
                formatted="The full name.",
                familyName="The last name.",
                givenName="The first name.",
                middleName="What stands between the two.",
                honorificPrefix="What stands before the name.",
                honorificSuffix="What stands after the name.",
            ),
        ),
        *_texts(displayName="The name to show.", nickName="What friends say."),
        Attribute(
            name="profileUrl",
            type="reference",
            reference_types=("external",),
            case_exact=True,
            description="A page about the person.",
        ),
        *_texts(
            title="What the person is in the company.",
            userType="How the person belongs to the company.",
            preferredLanguage="What the person reads best.",
            locale="How to write numbers and dates.",
            timezone="Where the person's clock goes.",
        ),
        Attribute(
            name="active",
            type="boolean",
            description="Whether the person is a member; others can log in no more.",
        ),
        _several("emails", "E-mail addresses.", _VALUE, "work", "home", "other"),
        _several(
            "phoneNumbers",
            "Phone numbers.",
            _VALUE,
            *("work", "home", "mobile", "fax", "pager", "other"),
        ),
        _several("ims", "Addresses for instant messages.", _VALUE),
        _several("photos", "URLs of photos.", _URL, "photo", "thumbnail"),
        Attribute(
            name="addresses",
            type="complex",
            multi_valued=True,
            description="Postal addresses.",
            attributes=(
                *_texts(
                    formatted="The address as one text.",
                    streetAddress="Street and number.",
                    locality="City.",
                    region="State or region.",
                    postalCode="Zip code.",
                    country="Country, by two letters.",
                ),
                evolve(_WHAT_FOR, canonical_values=("work", "home", "other")),
                _PRIMARY,
            ),
        ),
        Attribute(
            name="groups",
            type="complex",
            multi_valued=True,
            mutability="readOnly",
            description="The groups that the person is in; change the groups to change it.",
            attributes=(
                Attribute(name="value", case_exact=True, mutability="readOnly"),
                Attribute(
                    name="$ref",
                    type="reference",
                    reference_types=("Group",),
                    case_exact=True,
                    mutability="readOnly",
                ),
                evolve(_LABEL, mutability="readOnly"),
                evolve(_WHAT_FOR, mutability="readOnly", canonical_values=("direct",)),
            ),
        ),
        _several("entitlements", "What the person may use.", _VALUE),
        _several("roles", "What the person is at the identity provider.", _VALUE),
        _several(
            "x509Certificates",
            "Certificates, DER in base 64.",
            evolve(_VALUE, type="binary", case_exact=True),
        ),
    ),
)

_ENTERPRISE_SCHEMA = Schema(
    urn=ENTERPRISE_URN,
    name="EnterpriseUser",
    description="A person in a company.",
    attributes=(
        *_texts(
            employeeNumber="What the company counts the person by.",
            costCenter="Who pays.",
            organization="The company.",
            division="A part of the company.",
            department="A part of the division.",
        ),
        Attribute(
            name="manager",
            type="complex",
            description="The person's superior.",
            attributes=(
                Attribute(name="value", case_exact=True, description="Id of the superior."),
                Attribute(
                    name="$ref",
                    type="reference",
                    reference_types=("User",),
                    case_exact=True,
                    description="URI of the superior.",
                ),
                Attribute(name="displayName", description="The superior's name."),
            ),
        ),
    ),
)

_GROUP_SCHEMA = Schema(
    urn=GROUP_URN,
    name="Group",
    description="A group of users.",
    attributes=(
        Attribute(name="displayName", required=True, description="The group's name."),
        Attribute(
            name="members",
            type="complex",
            multi_valued=True,
            description="Who is in the group.",
            attributes=(
                Attribute(
                    name="value",
                    case_exact=True,
                    mutability="immutable",
                    description="Id of the user.",
                ),
                Attribute(
                    name="$ref",
                    type="reference",
                    reference_types=("User",),
                    case_exact=True,
                    mutability="immutable",
                    description="URI of the user.",
                ),
                evolve(_WHAT_FOR, mutability="immutable", canonical_values=("User",)),
            ),
        ),
    ),
)

SCHEMAS = (_USER_SCHEMA, _ENTERPRISE_SCHEMA, _GROUP_SCHEMA)

USER = ResourceType(
    name="User", endpoint="/Users", schema=_USER_SCHEMA, extensions=(_ENTERPRISE_SCHEMA,)
)
GROUP = ResourceType(name="Group", endpoint="/Groups", schema=_GROUP_SCHEMA)
RESOURCE_TYPES = (USER, GROUP)
