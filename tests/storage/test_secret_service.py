"""The keyring storage on a real Secret Service, with a D-Bus session of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

import stytch_b2b

PROGRAM = Path(__file__).parent / "programs" / "secret_service.py"
NEEDED = ("dbus-daemon", "gnome-keyring-daemon")
MISSING = [name for name in NEEDED if shutil.which(name) is None]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")

# Without directories of services: what is stopped stays stopped, and nobody shows a prompt.
BUS = """
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class Desktop:
    """
    A D-Bus session with a keyring, and a program that uses both.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.files = home / "files"
        self.address = f"unix:path={home / 'bus'}"
        self.environment = {
            **os.environ,
            "DBUS_SESSION_BUS_ADDRESS": self.address,
            "HOME": str(home),
            "PYTHONPATH": str(Path(stytch_b2b.__file__).parents[1]),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
            **{f"XDG_{name}_HOME": str(home) for name in ("CACHE", "CONFIG", "DATA", "STATE")},
            "XDG_RUNTIME_DIR": str(home),
        }
        self.processes: list[subprocess.Popen[Any]] = []

    def start(self) -> None:
        """
        Start everything.
        """
        configuration = self.home / "bus.conf"
        configuration.write_text(BUS.format(socket=self.home / "bus").lstrip())
        self.bus = self.run(
            ["dbus-daemon", "--nofork", "--print-address=1", f"--config-file={configuration}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.bus.stdout is not None
        assert self.bus.stdout.readline(), "the bus does not start"
        self.start_keyring()
        self.program = self.run(
            [sys.executable, str(PROGRAM), str(self.files)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, command: list[str], **options: Any) -> subprocess.Popen[Any]:
        """
        Start a program that ends with the session, if not before.
        """
        process = subprocess.Popen(command, env=self.environment, **options)
        self.processes.append(process)
        return process

    def start_keyring(self) -> None:
        """
        Start the keyring, unlocked, as a login to the desktop does.
        """
        from jeepney import MatchRule, message_bus
        from jeepney.io.blocking import Proxy, open_dbus_connection

        with open_dbus_connection(self.address) as connection:
            appears = MatchRule(
                type="signal", interface="org.freedesktop.DBus", member="NameOwnerChanged"
            )
            appears.add_arg_condition(0, "org.freedesktop.secrets")
            Proxy(message_bus, connection).AddMatch(appears)
            with connection.filter(appears) as signals:
                self.keyring = self.run(
                    ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                assert self.keyring.stdin is not None
                self.keyring.stdin.write(b"the password of the login")
                self.keyring.stdin.close()
                connection.recv_until_filtered(signals, timeout=30)

    def stop_keyring(self) -> None:
        """
        Stop the keyring, as a crash of it does.
        """
        self.keyring.kill()
        self.keyring.wait()

    def do(self, *words: str) -> Any:
        """
        Have the program do something, and return what it answers.
        """
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        print(*words, file=self.program.stdin, flush=True)
        answer = self.program.stdout.readline()
        assert answer, self.program.communicate()[1]
        return json.loads(answer)

    def close(self) -> None:
        """
        Stop everything.
        """
        for process in reversed(self.processes):
            process.kill()
            with process:
                pass


@pytest.fixture
def desktop() -> Iterator[Desktop]:
    """
    A desktop whose person has just logged in.
    """
    # Not pytest's own directory: the path of a socket is short.
    with TemporaryDirectory() as home:
        desktop = Desktop(Path(home))
        try:
            desktop.start()
            yield desktop
        finally:
            desktop.close()


def test_life_of_a_session(desktop: Desktop) -> None:
    """
    What is saved is loaded until it is replaced or deleted, and its key goes with it.
    """
    assert "keyring.backends.SecretService" == desktop.do("backend")
    assert desktop.do("load") is None
    assert desktop.do("save", "Ada") is None
    assert "Ada" == desktop.do("load")
    assert desktop.do("save", "Bob") is None
    assert "Bob" == desktop.do("load")
    assert desktop.do("entry") is True
    assert desktop.do("delete") is None
    assert desktop.do("load") is None
    assert desktop.do("entry") is False
    assert [".lock"] == [path.suffix for path in desktop.files.iterdir()]
    assert desktop.do("delete") is None


def test_lost_entry(desktop: Desktop) -> None:
    """
    Without its entry the session is gone, and the next one is kept as ever.
    """
    desktop.do("save", "Ada")
    desktop.do("forget")

    assert desktop.do("load") is None
    assert desktop.do("save", "Bob") is None
    assert "Bob" == desktop.do("load")


def test_locked_keyring(desktop: Desktop) -> None:
    """
    A locked keyring that nobody unlocks is unavailable, and the session is there after unlocking.
    """
    desktop.do("save", "Ada")
    desktop.do("lock")

    locked = {"unavailable": "the keyring failed: KeyringLocked: Failed to unlock the collection!"}
    assert locked == desktop.do("load")
    assert locked == desktop.do("save", "Bob")
    desktop.stop_keyring()
    desktop.start_keyring()
    assert "Ada" == desktop.do("load")


def test_logging_out_while_the_keyring_is_locked(desktop: Desktop) -> None:
    """
    Deleting removes the session even if its key stays, and says so.
    """
    desktop.do("save", "Ada")
    desktop.do("lock")

    assert "unavailable" in desktop.do("delete")
    assert desktop.do("load") is None


def test_keyring_that_stopped(desktop: Desktop) -> None:
    """
    A keyring that is away is unavailable, and the session is there when it is back.
    """
    desktop.do("save", "Ada")
    desktop.stop_keyring()

    assert "unavailable" in desktop.do("load")
    assert "unavailable" in desktop.do("save", "Bob")
    desktop.start_keyring()
    assert "Ada" == desktop.do("load")


def test_bus_that_stopped(desktop: Desktop) -> None:
    """
    A D-Bus that is away is unavailable too.
    """
    desktop.do("save", "Ada")
    desktop.bus.kill()
    desktop.bus.wait()

    assert "unavailable" in desktop.do("load")
