"""What would break on Windows or macOS: names of files, and functions that only POSIX has."""

from __future__ import annotations

import ast
import ntpath
import subprocess
import sys
from pathlib import Path, PureWindowsPath

import hubsmith_runtime
import pytest
from hubsmith_codegen.cli.naming import checked_name, snake
from hubsmith_codegen.write.lock import checked_path
from hubsmith_runtime import SpecError
from hubsmith_runtime.saving import safe_name

from tests.support.paths import ROOT

RUNTIME = Path(hubsmith_runtime.__file__).parent
POSIX_MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "termios", "tty"}
POSIX_FUNCTIONS = {
    "chown", "chroot", "fchmod", "fchown", "fork", "forkpty", "getegid", "geteuid", "getgid",
    "getpgid", "getuid", "killpg", "lchown", "mkfifo", "mknod", "register_at_fork", "setsid",
    "setuid", "umask", "wait", "waitpid",
}  # fmt: skip

NAMES = [
    "CON", "con.txt", "nul.tar.gz", "AUX .png", "COM1", "lpt9.log", "COM¹", "conin$", "a:b", "a.txt:stream",
    "C:\\Windows\\x.ini", "..\\..\\x", "\\\\server\\share", "//server/share/x", "name.", "name ", "name. . .",
    "a<b>c|d?e*f\"g", "tab\there", "nul\0byte", "", ".", "..", "   ", "...", "\ud800", "ü" * 300 + ".png",
    "x" * 119 + ". tail", "x" * 118 + " . ", "a/b\\c", "\u202egnp.exe", "COM1.", "prn ",
]  # fmt: skip


def is_reserved(name: str) -> bool:
    if sys.version_info >= (3, 13):
        return ntpath.isreserved(name)
    return PureWindowsPath(name).is_reserved()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_a_server_gets_a_name_that_windows_takes(name: str) -> None:
    made = safe_name(name)
    path = PureWindowsPath(made)
    assert path.name == made and not path.drive and not path.root
    assert not is_reserved(made)
    assert made and made == made.strip(" .") and made.isprintable()
    assert not set('<>:"/\\|?*') & set(made)
    assert len(made.encode()) <= 130
    assert safe_name(made) == made


@pytest.mark.parametrize("device", ["con", "AUX", "nul", "Com1", "lpt9"])
def test_a_client_is_not_named_as_a_device(device: str) -> None:
    with pytest.raises(SpecError, match="name of a client"):
        checked_name(device)
    assert not is_reserved(snake(device))


@pytest.mark.parametrize("path", ["spec\\info.json", "C:/x.py", "C:x.py", "a/../b.py", "/x.py"])
def test_a_lock_lists_plain_paths_with_forward_slashes(path: str) -> None:
    with pytest.raises(SpecError):
        checked_path(path, "Lock")


@pytest.mark.parametrize("module", sorted(RUNTIME.rglob("*.py")), ids=lambda path: path.stem)
def test_the_runtime_calls_nothing_that_only_posix_has(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    guarded = {
        name.id if isinstance(name, ast.Name) else ""
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and "hasattr(os" in ast.unparse(branch.test)
        for name in ast.walk(branch)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                assert not {alias.name for alias in names} & POSIX_MODULES
            case ast.ImportFrom(module=name):
                assert name not in POSIX_MODULES
            case ast.Attribute(value=ast.Name(id="os"), attr=attribute):
                assert attribute not in POSIX_FUNCTIONS or "os" in guarded, attribute
            case _:
                pass


SCRIPT = """
import asyncio, http.server, multiprocessing, os, shutil, socketserver, ssl, subprocess, sys, tempfile
from tests.support.fake_space import FakeSpace
from pathlib import Path

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in {modules!r}:
            raise ImportError(name)

for name in {modules!r}:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Missing())
for name in {functions!r}:
    if hasattr(os, name):
        delattr(os, name)

from hubsmith import AsyncClient, Client, File, InferenceClient

async def call(url):
    async with AsyncClient(url) as client:
        return await (await client.predict(File(b"content", name="a.txt"), api_name="/echo")).aread()

space = FakeSpace()
with space.running():
    with Client(space.url) as client:
        file = client.predict(File(b"content", name="CON.txt"), api_name="/echo")
        assert Path(file).read_bytes() == b"content of the file"
        saved = file.save(Path(sys.argv[1]))
        assert saved.name == "_CON.txt", saved
        assert client.submit("x", api_name="/echo").result() == "x"
    assert asyncio.run(call(space.url)) == b"content of the file"
InferenceClient("http://127.0.0.1:9").close()
print("ran")
"""


def test_the_runtime_runs_without_what_only_posix_has(tmp_path: Path) -> None:
    script = SCRIPT.replace("{modules!r}", repr(POSIX_MODULES - {"posix"}))
    script = script.replace("{functions!r}", repr(POSIX_FUNCTIONS))
    path = str(ROOT)
    command = f"import sys; sys.path.insert(0, {path!r})\n{script}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", command, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("ran\n", "")
