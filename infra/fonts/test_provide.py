"""Tests of `provide.py`: `python3 -m unittest` in this folder. Archives and mirror are made here; nothing else is asked."""

import ast
import contextlib
import importlib.util
import io
import os
import sys
import tarfile
import tempfile
import threading
import unittest
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

import provide

KAI = b"the font of the deb"
SONG = b"the font of the wheel"
POOL = "pool/main/f/fonts-kai/fonts-kai_1.0+repack-1_all.deb"
WHEEL = "song_fonts-1.0-py3-none-any.whl"


def deb(fonts: dict[str, bytes], compression: str = "xz") -> bytes:
    """A Debian package; the member before the files is of odd size, so that the padding counts."""
    files = io.BytesIO()
    with tarfile.open(fileobj=files, mode=f"w:{compression}") as tar:
        for path, content in fonts.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    members = {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", f"data.tar.{compression}": files.getvalue()}
    archive = b"!<arch>\n"
    for name, body in members.items():
        header = f"{name:16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(body):<10}`\n".encode("ascii")
        archive += header + body + b"\n" * (len(body) % 2)
    return archive


def wheel(fonts: dict[str, bytes]) -> bytes:
    """A wheel with the metadata that pip asks for."""
    information = {
        "song_fonts-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: song-fonts\nVersion: 1.0\n",
        "song_fonts-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "song_fonts-1.0.dist-info/RECORD": b"",
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        for path, content in {**fonts, **information}.items():
            files.writestr(path, content)
    return archive.getvalue()


DEB = deb({"./usr/share/fonts/Other.ttf": b"another", "./usr/share/fonts/Kai.ttf": KAI})
SONG_WHEEL = wheel({"song_fonts/Song.otf": SONG})


@contextlib.contextmanager
def mirror(files: dict[str, bytes]) -> Iterator[tuple[str, list[str]]]:
    """A mirror on the loopback: its address, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = files.get(self.path.replace("%2B", "+"))
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/debian", asked
        finally:
            server.shutdown()


class ProvideTest(unittest.TestCase):
    """Each test has a checkout, lists of apt and an environment of its own."""

    def setUp(self) -> None:
        # enterContext came with Python 3.11.
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.here = self.folder / "infra/fonts"
        self.kept = self.here / "layer/fonts"
        self.apt = self.folder / "apt"
        (self.apt / "sources.list.d").mkdir(parents=True)
        self.here.mkdir(parents=True)
        stack.enter_context(mock.patch.multiple(provide, HERE=self.here, APT=self.apt))
        stack.enter_context(mock.patch.dict(os.environ, {"no_proxy": "*"}))
        os.environ.pop(provide.MIRROR, None)
        self.pin()

    def pin(self, archive: bytes = DEB, font: bytes = KAI) -> None:
        """`fonts.toml` with the Debian package alone."""
        self.write_pins(
            f'registry = "debian"\npackage = "fonts-kai"\nversion = "1.0+repack-1"\npool = "{POOL}"\n',
            provide.sha256(archive),
            ("usr/share/fonts/Kai.ttf", "Kai.ttf", provide.sha256(font)),
        )

    def pin_wheel(self) -> None:
        self.write_pins(
            'registry = "pypi"\npackage = "song-fonts"\nversion = "1.0"\n',
            provide.sha256(SONG_WHEEL),
            ("song_fonts/Song.otf", "Song.otf", provide.sha256(SONG)),
        )

    def write_pins(self, archive: str, sha256: str, font: tuple[str, str, str]) -> None:
        path, file, font_sha256 = font
        (self.here / "fonts.toml").write_text(
            f'[[archives]]\n{archive}sha256 = "{sha256}"\n\n[[archives.fonts]]\n'
            f'path = "{path}"\nfile = "{file}"\nsha256 = "{font_sha256}"\nlicence = "OFL-1.1"\n',
            encoding="utf-8",
        )

    def run_main(self, *arguments: str | Path) -> tuple[int, str, str]:
        """Exit code, and what was said on both streams."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = provide.main([str(argument) for argument in arguments])
        return code, out.getvalue(), err.getvalue()

    def files(self, folder: Path) -> dict[str, bytes]:
        """All that is in a folder, whatever was left behind included."""
        return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else {}

    # ── What is there already ──

    def test_nothing_is_done_or_said_when_all_fonts_are_there(self) -> None:
        self.kept.mkdir(parents=True)
        (self.kept / "Kai.ttf").write_bytes(KAI)
        self.assertEqual(self.run_main("--check"), (0, "", ""))
        self.assertEqual(self.run_main(), (0, "", ""))

    def test_check_says_by_the_exit_code_alone_that_a_font_is_missing_or_another(self) -> None:
        self.assertEqual(self.run_main("--check"), (1, "", ""))
        self.kept.mkdir(parents=True)
        (self.kept / "Kai.ttf").write_bytes(b"another version")
        self.assertEqual(self.run_main("--check"), (1, "", ""))

    def test_another_folder_is_filled_from_the_layer_without_a_mirror(self) -> None:
        self.kept.mkdir(parents=True)
        (self.kept / "Kai.ttf").write_bytes(KAI)
        (self.kept / "note.txt").write_bytes(b"no font, so it stays here")
        self.assertEqual(self.run_main(self.folder / "artifacts/fonts"), (0, "", ""))
        self.assertEqual(self.files(self.folder / "artifacts/fonts"), {"Kai.ttf": KAI})

    # ── Debian's packages ──

    def test_the_font_is_taken_out_of_the_package_and_nothing_else(self) -> None:
        for compression in ("xz", "gz"):
            archive = deb({"./usr/share/fonts/Other.ttf": b"another", "./usr/share/fonts/Kai.ttf": KAI}, compression)
            self.pin(archive)
            target = self.folder / compression
            with mirror({f"/debian/{POOL}": archive}) as (address, _), mock.patch.dict(os.environ, {provide.MIRROR: address}):
                code, out, err = self.run_main(target)
            self.assertEqual((code, err), (0, ""))
            self.assertEqual(out, "下载字体包 fonts-kai 1.0+repack-1……\n")
            self.assertEqual(self.files(target), {"Kai.ttf": KAI})
            self.assertEqual((target / "Kai.ttf").stat().st_mode & 0o777, 0o644)
            # And it stays for the next time.
            self.assertEqual(self.files(self.kept), {"Kai.ttf": KAI})
            (self.kept / "Kai.ttf").unlink()

    def test_a_font_in_place_of_a_wrong_one(self) -> None:
        self.kept.mkdir(parents=True)
        (self.kept / "Kai.ttf").write_bytes(b"another version")
        with mirror({f"/debian/{POOL}": DEB}) as (address, _), mock.patch.dict(os.environ, {provide.MIRROR: address + "/"}):
            self.assertEqual(self.run_main()[0], 0)
        self.assertEqual(self.files(self.kept), {"Kai.ttf": KAI})

    def test_the_mirrors_of_the_machine_are_asked_after_the_one_that_is_named(self) -> None:
        (self.apt / "sources.list").write_text(
            "# deb http://commented.invalid/debian x main\ndeb [arch=amd64] http://a.invalid/debian/ x main\n"
        )
        (self.apt / "sources.list.d/b.sources").write_text(
            "Types: deb\nURIs: http://b.invalid/debian\n https://c.invalid/x\nSuites: x\n"
        )
        (self.apt / "sources.list.d/d.list").write_text("deb-src http://a.invalid/debian x main\ndeb cdrom:[Disc]/ x main\n")
        (self.apt / "sources.list.d/e.list.save").write_text("deb http://e.invalid/debian x main\n")
        with mock.patch.dict(os.environ, {provide.MIRROR: "https://named.invalid/debian/"}):
            names = ["https://named.invalid/debian", "http://a.invalid/debian", "http://b.invalid/debian", "https://c.invalid/x"]
            self.assertEqual(provide.debian_mirrors(), names)

    def test_a_mirror_without_the_package_or_with_another_one_is_passed_over(self) -> None:
        with (
            mirror({}) as (empty, _),
            mirror({f"/debian/{POOL}": b"log in first"}) as (portal, asked),
            mirror({f"/debian/{POOL}": DEB}) as (good, _),
        ):
            (self.apt / "sources.list").write_text(f"deb {empty} x main\ndeb {portal} x main\ndeb {good} x main\n")
            self.assertEqual(self.run_main()[0], 0)
        self.assertEqual(len(asked), 1)
        self.assertEqual(self.files(self.kept), {"Kai.ttf": KAI})

    def test_a_wrong_archive_is_refused_and_nothing_is_left_behind(self) -> None:
        with mirror({f"/debian/{POOL}": DEB + b"\n"}) as (address, _), mock.patch.dict(os.environ, {provide.MIRROR: address}):
            code, _, err = self.run_main("--temporary", self.folder / "temporary")
        self.assertEqual(code, 1)
        self.assertIn("Kai.ttf（127.0.0.1：校验和不符）", err)
        self.assertEqual((self.files(self.kept), self.files(self.folder / "temporary")), ({}, {}))

    def test_a_wrong_font_in_the_right_archive_is_refused(self) -> None:
        self.pin(font=b"what was meant")
        with mirror({f"/debian/{POOL}": DEB}) as (address, _), mock.patch.dict(os.environ, {provide.MIRROR: address}):
            code, _, err = self.run_main()
        self.assertEqual(code, 1)
        self.assertIn("fonts-kai 中的 usr/share/fonts/Kai.ttf 缺失或校验和不符", err)
        self.assertEqual(self.files(self.kept), {})

    def test_a_mirror_that_cannot_be_reached_is_asked_once(self) -> None:
        with mirror({}) as (gone, _):
            pass
        mirrors = [gone]
        archive = provide.pinned()[0]
        with self.assertRaisesRegex(provide.Unavailable, "127.0.0.1"):
            provide.from_mirrors(archive, mirrors)
        self.assertEqual(mirrors, [])

    def test_without_a_mirror_one_line_names_the_font_and_the_remedies(self) -> None:
        code, _, err = self.run_main()
        self.assertEqual((code, err.count("\n")), (1, 1))
        for words in ("Kai.ttf（没有可用的 Debian 镜像）", "http_proxy", "SAIZHENG_DEBIAN_MIRROR", "infra/fonts/layer/fonts/"):
            self.assertIn(words, err)

    def test_a_python_without_lzma_is_named(self) -> None:
        with mock.patch.object(importlib.util, "find_spec", return_value=None):
            self.assertIn("lzma", self.run_main()[2])

    def test_a_font_that_cannot_be_written_leaves_the_old_one_and_no_half(self) -> None:
        self.kept.mkdir(parents=True)
        (self.kept / "Kai.ttf").write_bytes(b"old")
        font = provide.pinned()[0].fonts[0]
        with mock.patch.object(Path, "replace", side_effect=OSError("disk full")), self.assertRaises(OSError):
            provide.write(self.kept, font, KAI)
        self.assertEqual(self.files(self.kept), {"Kai.ttf": b"old"})

    # ── Wheels ──

    def test_the_font_is_taken_out_of_the_wheel(self) -> None:
        self.pin_wheel()
        (self.folder / WHEEL).write_bytes(SONG_WHEEL)
        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.folder), "PIP_CONFIG_FILE": os.devnull}
        with mock.patch.dict(os.environ, pip):
            code, _, err = self.run_main("--temporary", self.folder / "temporary")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(self.files(self.kept), {"Song.otf": SONG})
        self.assertEqual(self.files(self.folder / "temporary"), {})

    def test_a_wrong_wheel_is_refused_in_one_line(self) -> None:
        self.pin_wheel()
        (self.folder / WHEEL).write_bytes(wheel({"song_fonts/Song.otf": b"another"}))
        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.folder), "PIP_CONFIG_FILE": os.devnull}
        with mock.patch.dict(os.environ, pip):
            code, _, err = self.run_main("--temporary", self.folder / "temporary")
        self.assertEqual((code, err.count("\n")), (1, 1))
        self.assertIn("Song.otf（", err)
        self.assertEqual((self.files(self.kept), self.files(self.folder / "temporary")), ({}, {}))

    # ── Python 3.10 ──

    def test_the_script_is_python_3_10(self) -> None:
        for file in ("provide.py", "test_provide.py"):
            ast.parse((Path(__file__).parent / file).read_text(encoding="utf-8"), feature_version=(3, 10))

    @unittest.skipIf(importlib.util.find_spec("pip") is None, "this Python has no pip")
    def test_without_tomllib_the_pins_are_read_by_what_pip_brings(self) -> None:
        expected = provide.pinned()
        with mock.patch.dict(sys.modules, {"tomllib": None}):
            self.assertEqual(provide.pinned(), expected)

    def test_a_python_without_either_is_named(self) -> None:
        with mock.patch.dict(sys.modules, {"tomllib": None, "pip._vendor.tomli": None}):
            code, _, err = self.run_main("--check")
        self.assertEqual((code, err.count("\n")), (1, 1))
        self.assertIn("tomllib", err)


class PinsTest(unittest.TestCase):
    """The real `fonts.toml`."""

    def test_every_font_is_pinned_once_and_every_package_has_its_place(self) -> None:
        archives = provide.pinned()
        names = [font.file for archive in archives for font in archive.fonts]
        self.assertEqual(len(names), len(set(names)))
        for archive in archives:
            self.assertIn(archive.registry, ("pypi", "debian"))
            if archive.registry == "debian":
                self.assertIn(f"/{archive.package}/{archive.package}_{archive.version}_", archive.pool)


if __name__ == "__main__":
    unittest.main()
