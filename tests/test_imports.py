"""Which module may import which, and when: the architecture, as far as imports show it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

import stytch_b2b

PACKAGE = Path(stytch_b2b.__file__).parent

# Each line may import itself and the lines below it, and nothing above. Names that end with a dot
# are packages. The sync clients are made of the async ones, hence their places.
LAYERS = (
    "__init__",
    "_sync.",
    "_blocking",
    "_async.",
    "_declare",
    "_engine",
    "_sending",
    "otel",
    "_browser_login _browser_dfp",
    "_loopback",
    "_loopback_pages _browser _beside _authenticate_urls",
    "_protected_auth",
    "_retry _effects _policy _drift _exchange _observation _events",
    "_endpoint",
    "_transport",
    "_pool _persistence",
    "_portal",
    "_identity",
    "_state",
    "_converter",
    "_keep_alive",
    "_wire _config _arguments _clock _pkce _start_urls _version search _request_credentials",
    "models.",
    "_storage.",
    "errors",
    "permissions _deprecated _headers _json _lock _single_flight",
)

# Beside the line: these touch nothing of the rest, and nothing of the rest touches them.
ISLANDS = ("emulator.", "_tools.")

# What only some modules may import, at run time, wherever in the module.
RESERVED = {
    "aiohttp": {"_transport", "_pool", "_loopback", "emulator."},
    "yarl": {"_transport", "_pool", "emulator."},
    "cattrs": {"_converter"},
    "tenacity": {"_retry"},
    "threading": {"_portal", "_lock", "emulator."},
    "asyncio": {"_portal", "_transport", "_pool", "_loopback", "emulator."},
    "webbrowser": {"_browser"},
    "cryptography": {"_storage.sealed_file", "emulator."},
    "filelock": {"_storage.whole_file"},
    "keyring": {"_storage.keyring_entry"},
    "platformdirs": {"_storage.keyring_storage"},
    "opentelemetry": {"otel"},
}


@frozen
class Import:
    """
    One import statement, as far as it is about one module.
    """

    importer: str
    imported: str
    is_lazy: bool
    """
    Whether it runs in a function, not with the module.
    """

    is_for_types: bool
    """
    Whether it stands under `TYPE_CHECKING`.
    """


def module_name(path: Path) -> str:
    """
    Return the name of a module within the package; that of a package ends with ``__init__``.
    """
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def imports_of(path: Path) -> Iterator[Import]:
    """
    Yield the imports of a module; those of the package itself by their name within it.
    """
    importer = module_name(path)
    home = importer.split(".")[:-1]

    def visit(node: ast.AST, is_lazy: bool, is_for_types: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            lazy = is_lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            types = is_for_types or (
                isinstance(node, ast.If)
                and ast.unparse(node.test) == "TYPE_CHECKING"
                and child in node.body
            )
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(importer, alias.name, lazy, types)
            elif isinstance(child, ast.ImportFrom) and not child.level:
                yield Import(importer, child.module or "", lazy, types)
            elif isinstance(child, ast.ImportFrom):
                base = [*home[: len(home) - child.level + 1], *filter(None, [child.module])]
                for alias in child.names:
                    submodule = PACKAGE.joinpath(*base, alias.name)
                    is_module = submodule.with_suffix(".py").exists() or submodule.is_dir()
                    target = [*base, alias.name] if is_module else base
                    yield Import(importer, "." + ".".join(target), lazy, types)
            else:
                yield from visit(child, lazy, types)

    yield from visit(ast.parse(path.read_text(encoding="utf-8")), False, False)


IMPORTS = [one for path in sorted(PACKAGE.rglob("*.py")) for one in imports_of(path)]


def belongs(module: str, name: str) -> bool:
    """
    Return whether a module is, or is in, what the tables above call *name*.
    """
    return f"{module}.".startswith(name) if name.endswith(".") else module == name


def layer(module: str) -> int:
    """
    Return the number of the line that a module stands in.
    """
    module = module.removesuffix(".__init__") if "." in module else module
    for number, names in enumerate(LAYERS):
        if any(belongs(module, name) for name in names.split()):
            return number
    pytest.fail(f"{module} has no place in the architecture")


def is_island(module: str) -> bool:
    """
    Return whether a module stands beside the line.
    """
    return any(belongs(module, name) for name in ISLANDS)


def test_imports_are_found() -> None:
    """
    The imports that the rules below are about are there, of every kind.
    """
    assert Import("_retry", "tenacity", True, False) in IMPORTS
    assert Import("_async.client", "._transport", True, False) in IMPORTS
    assert Import("_engine", "._transport", False, True) in IMPORTS
    assert Import("_async.scim", ".models.scim", False, False) in IMPORTS


def test_imports_point_down() -> None:
    """
    No module imports one that stands above it, not even for its types.
    """
    upwards = [
        one
        for one in IMPORTS
        if one.imported.startswith(".")
        and not is_island(one.importer)
        and layer(one.importer) > layer(one.imported[1:] or "__init__")
    ]

    assert [] == upwards


def test_islands() -> None:
    """
    The emulator and the tools share nothing with the client, in neither direction.
    """
    bridges = [
        one
        for one in IMPORTS
        if one.imported.startswith((".", "stytch_b2b"))
        and (is_island(one.importer) or is_island(one.imported[1:]))
        and one.importer.partition(".")[0] != one.imported[1:].partition(".")[0]
    ]

    assert [] == bridges


@pytest.mark.parametrize("library", RESERVED)
def test_reserved_libraries(library: str) -> None:
    """
    Each library is one module's business, or a few modules'.
    """
    importers = {
        one.importer
        for one in IMPORTS
        if one.imported.partition(".")[0] == library and not one.is_for_types
    }

    assert importers
    assert set() == {
        importer
        for importer in importers
        if not any(belongs(importer, name) for name in RESERVED[library])
    }


def test_imports_within_the_package_are_relative() -> None:
    """
    The package never names itself, but in the programs that are started by their path.
    """
    assert [] == [
        one.importer
        for one in IMPORTS
        if one.imported.partition(".")[0] == "stytch_b2b" and not one.importer.startswith("_tools")
    ]


def loaded(program: str) -> set[str]:
    """
    Return the modules that a program has loaded at its end, in an interpreter of its own.
    """
    program += "\nimport sys\nprint(*sys.modules, sep='\\n')"
    # Plug-ins of the environment may load anything; what matters is what the package loads.
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=PACKAGE.parent,
    )
    return set(done.stdout.split())


HEAVY = {"aiohttp", "anyio", "asyncio", "attrs", "cattrs", "msgspec", "tenacity"}
TOKEN = "public-token-test-11111111-2222-3333-4444-555555555555"
CLIENT = f"import stytch_b2b; client = stytch_b2b.AsyncStytchB2BClient({TOKEN!r})"


def test_import_of_the_package() -> None:
    """
    Importing the package loads no library and no module of its own but the version.
    """
    modules = loaded("import stytch_b2b")

    assert set() == HEAVY & modules
    assert {"stytch_b2b", "stytch_b2b._version"} == {
        name for name in modules if name.startswith("stytch_b2b")
    }


def test_import_of_the_client_class() -> None:
    """
    Naming the client does not load aiohttp yet; neither do errors and permissions.
    """
    modules = loaded(
        "from stytch_b2b import AsyncStytchB2BClient, PermissionDeniedError, Permission, Timeout"
    )

    assert set() == {"aiohttp", "cattrs", "tenacity"} & modules
    assert not [name for name in modules if name.startswith("stytch_b2b._async.s")]


def test_making_a_client() -> None:
    """
    The constructor loads aiohttp, so that no call has to; resources and cattrs come at first use.
    """
    modules = loaded(CLIENT)

    assert "aiohttp" in modules
    assert set() == {"cattrs", "tenacity", "trio"} & modules
    assert "stytch_b2b._async.scim" not in modules
    assert "stytch_b2b.models.scim" not in modules


def test_first_use_of_a_resource() -> None:
    """
    A resource brings its own module and models, and no other resource's.
    """
    modules = loaded(f"{CLIENT}; client.scim")

    assert {"stytch_b2b._async.scim", "stytch_b2b.models.scim"} <= modules
    assert "stytch_b2b._async.magic_links" not in modules


def test_importing_the_emulator() -> None:
    """
    The emulator loads nothing of the client.
    """
    modules = loaded("import stytch_b2b.emulator")

    assert {"stytch_b2b", "stytch_b2b._version", "stytch_b2b.emulator"} == {
        ".".join(name.split(".")[:2]) for name in modules if name.startswith("stytch_b2b")
    }


def test_public_names() -> None:
    """
    Every public name is there, is listed, and an unknown one is an `AttributeError`.
    """
    for name in stytch_b2b.__all__:
        assert getattr(stytch_b2b, name) is not None, name
        assert name in dir(stytch_b2b)
    assert not hasattr(stytch_b2b, "StytchB2CClient")
    assert sorted(stytch_b2b.__all__) == sorted(set(stytch_b2b.__all__))
