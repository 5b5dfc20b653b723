#!/usr/bin/env python3
"""Provides the fonts that `fonts.toml`, beside this file, pins: `provide.py [--check | --possible] [--temporary FOLDER] [TARGET]`.

TARGET is `layer/fonts` here unless another folder is given, which is then filled from `layer/fonts` as far as that goes.
Needs Python 3.10 and its standard library; wheels are downloaded by pip, so that the machine's index and proxy count,
Debian's packages straight from a mirror. Nothing is unpacked, and nothing is put into TARGET, before its checksum is right.
"""

import argparse
import hashlib
import http.client
import importlib.util
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
APT = Path("/etc/apt")
MIRROR = "SAIZHENG_DEBIAN_MIRROR"
TIMEOUT_S = 20
# Of an answer no more is read: the largest archive has 52 MB, and what answers need not be a mirror.
LARGEST_BYTES = 200 << 20
REMEDIES = (
    "办法：①接通网络（或设好 http_proxy）后重试；"
    f"②用环境变量 {MIRROR} 指定 Debian 镜像（https://镜像/debian）；"
    "③自行把这些字体文件放入 infra/fonts/layer/fonts/，本命令只核对校验和"
)


class Unavailable(Exception):
    """Why an archive, or a font in it, could not be had; for the person at the terminal."""


@dataclass(frozen=True)
class Font:
    """A font: its path in the archive, its name in the layer."""

    path: str
    file: str
    sha256: str
    licence: str


@dataclass(frozen=True)
class Archive:
    """A package of a registry ("pypi" or "debian"), with the fonts that are taken out of it."""

    registry: str
    package: str
    version: str
    sha256: str
    fonts: tuple[Font, ...]
    # The path on a Debian mirror. A machine's own index knows the packages of its release; the pool has those of all.
    pool: str = ""


def main(arguments: list[str]) -> int:
    """The exit code: 1 if a font is missing."""
    parser = argparse.ArgumentParser(description="Provides the fonts that fonts.toml pins.")
    parser.add_argument("--check", action="store_true", help="only say by the exit code whether all are there")
    parser.add_argument("--possible", action="store_true", help="only say whether this machine can get what is missing")
    parser.add_argument("--temporary", type=Path, help="where to download to (default: the system's temporary folder)")
    parser.add_argument("target", type=Path, nargs="?", default=kept(), help="(default: layer/fonts)")
    options = parser.parse_args(arguments)
    try:
        archives = pinned()
        if options.check:
            return int(any(missing(archive, options.target) for archive in archives))
        if options.possible:
            reason = impossible(archives)
            print(reason, end="\n" if reason else "", file=sys.stderr)
            return int(bool(reason))
        failures = list(provide(archives, options.target, options.temporary))
    except Unavailable as reason:
        print(reason, file=sys.stderr)
        return 1
    if failures:
        print(f"字体缺失或校验和不符：{'、'.join(failures)}。{REMEDIES}", file=sys.stderr)
    return int(bool(failures))


def kept() -> Path:
    """The folder of the checkout where fonts stay, and where people put them by hand."""
    return HERE / "layer/fonts"


def pinned() -> list[Archive]:
    """What `fonts.toml` lists."""
    try:
        from tomllib import loads
    except ImportError:  # before Python 3.11: pip has one, and where there is no pip, venv has pip's wheel
        sys.path += bundled_pip()
        try:
            from pip._vendor.tomli import loads
        except ImportError:
            raise Unavailable("这个 Python 没有 tomllib、pip 和 venv：请用 Python 3.11 以上，或为它装上 venv") from None
    listed = loads((HERE / "fonts.toml").read_text(encoding="utf-8"))
    return [Archive(**{**entry, "fonts": tuple(Font(**font) for font in entry["fonts"])}) for entry in listed["archives"]]


def bundled_pip() -> list[str]:
    """The wheel that `venv` installs pip from: beside ensurepip, or where Debian keeps it."""
    found = importlib.util.find_spec("ensurepip")
    folders = [Path(found.origin).parent / "_bundled"] if found and found.origin else []
    return [str(wheel) for folder in [*folders, Path("/usr/share/python-wheels")] for wheel in sorted(folder.glob("pip-*.whl"))]


def impossible(archives: list[Archive]) -> str:
    """What can be known beforehand to go wrong: fonts of Debian are missing, and nothing says where Debian's packages are."""
    wanted = [font.file for archive in archives if archive.registry == "debian" for font in missing(archive, kept())]
    found = os.environ.get(MIRROR) or any("debian" in mirror for mirror in debian_mirrors())
    return f"字体 {'、'.join(wanted)} 取自 Debian 软件包，而本机没有 Debian 软件源。{REMEDIES}" if wanted and not found else ""


def provide(archives: list[Archive], target: Path, temporary: Path | None) -> Iterator[str]:
    """Puts what is missing into `target`. Yields the fonts that still are missing, with the reason."""
    mirrors = debian_mirrors()
    for archive in archives:
        wanted = missing(archive, target)
        if not wanted:
            continue
        try:
            if missing(archive, kept()):
                print(f"下载字体包 {archive.package} {archive.version}……", flush=True)
                contents = unpack(archive, download(archive, mirrors, temporary))
            else:
                contents = {font: (kept() / font.file).read_bytes() for font in wanted}
            for font in wanted:
                write(target, font, contents[font])
            keep(archive, contents)
        except (Unavailable, OSError) as reason:
            yield f"{'、'.join(font.file for font in wanted)}（{reason}）"


def missing(archive: Archive, folder: Path) -> list[Font]:
    """The fonts of an archive that are not in the folder, or are other than pinned."""

    def is_there(font: Font) -> bool:
        try:
            return sha256((folder / font.file).read_bytes()) == font.sha256
        except OSError:
            return False

    return [font for font in archive.fonts if not is_there(font)]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def keep(archive: Archive, contents: dict[Font, bytes]) -> None:
    """For the next time. A checkout that is read-only, as in SAM's build container, is no failure: the target has them."""
    try:
        for font in missing(archive, kept()):
            write(kept(), font, contents[font])
    except OSError:
        pass


def write(folder: Path, font: Font, content: bytes) -> None:
    """All of the file or nothing: who reads beside us must not see half a font."""
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / f".{font.file}.{os.getpid()}"
    try:
        half.write_bytes(content)
        # Lambda runs as another user than the one who builds the layer.
        half.chmod(0o644)
        half.replace(folder / font.file)
    finally:
        half.unlink(missing_ok=True)


# ── Archives ────────────────────────────────────────────────────────────────────────────────────────────────────────


def download(archive: Archive, mirrors: list[str], temporary: Path | None) -> bytes:
    """The archive, as pinned."""
    if archive.registry == "debian":
        return from_mirrors(archive, mirrors)
    if temporary:
        temporary.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fonts-", dir=temporary) as folder:
        return from_pip(archive, Path(folder))


def from_pip(archive: Archive, folder: Path) -> bytes:
    """A wheel. pip checks the hash itself: where the index offers several files, that is how it chooses."""
    python = sys.executable
    if importlib.util.find_spec("pip") is None:
        # As on Debian with python3-venv, but without python3-pip.
        run([python, "-m", "venv", str(folder / "venv")])
        python = str(folder / "venv/bin/python")
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{archive.package}=={archive.version} --hash=sha256:{archive.sha256}\n", encoding="utf-8")
    pip = [python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--retries=2"]
    run([*pip, "--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(wanted), "-d", str(folder)])
    data = b"".join(wheel.read_bytes() for wheel in folder.glob("*.whl"))
    if sha256(data) != archive.sha256:
        raise Unavailable(f"{archive.package} 的校验和不符")
    return data


def run(command: list[str]) -> None:
    """Runs a tool; of what it says, only the last line of a failure is passed on."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"退出码 {done.returncode}"]
        raise Unavailable(f"{' '.join(command[1:4])}：{said[-1]}")


def debian_mirrors() -> list[str]:
    """The mirror that the environment names, then all addresses in the lists of apt, if this machine has any.

    An address that is no Debian archive answers 404; whatever else it answers does not have the checksum. Those with a password are left out:
    urllib takes none from an address, and says it in its error.
    """
    addresses = [os.environ.get(MIRROR, "")]
    for pattern in ("sources.list", "sources.list.d/*.list", "sources.list.d/*.sources", "mirrors/*.list"):
        for listed in sorted(APT.glob(pattern)):
            try:
                lines = listed.read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:  # only root may read those with passwords
                continue
            addresses += re.findall(r"https?://[^\s\]]+", "\n".join(line for line in lines if not line.startswith("#")))
    return list(dict.fromkeys(address.rstrip("/") for address in addresses if address and "@" not in address))


def from_mirrors(archive: Archive, mirrors: list[str]) -> bytes:
    """A Debian package, of the first mirror that has it as pinned. Mirrors that cannot be reached are asked only once."""
    if importlib.util.find_spec("_lzma") is None:
        raise Unavailable("这个 Python 没有 lzma 模块，解不开 Debian 软件包：请换用系统自带的 python3")
    reasons = []
    for mirror in list(mirrors):
        name = urllib.parse.urlsplit(mirror).hostname or mirror
        try:
            data = get(f"{mirror}/{urllib.parse.quote(archive.pool)}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            reasons.append(f"{name}：{error}")
            if isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError):
                mirrors.remove(mirror)
            continue
        if sha256(data) == archive.sha256:
            return data
        reasons.append(f"{name}：校验和不符")
    raise Unavailable("；".join(dict.fromkeys(reasons)) or "没有可用的 Debian 镜像")


def get(url: str) -> bytes:
    # Some mirrors turn urllib's own name away.
    request = urllib.request.Request(url, headers={"User-Agent": "saizheng"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        data: bytes = answer.read(LARGEST_BYTES)
    return data


def unpack(archive: Archive, data: bytes) -> dict[Font, bytes]:
    """The fonts out of an archive, as pinned."""
    paths = {font.path: font for font in archive.fonts}
    files = of_deb(data, paths) if archive.registry == "debian" else of_wheel(data, paths)
    contents = {paths[path]: content for path, content in files}
    for font in archive.fonts:
        if font not in contents or sha256(contents[font]) != font.sha256:
            raise Unavailable(f"{archive.package} 中的 {font.path} 缺失或校验和不符")
    return contents


def of_wheel(data: bytes, paths: dict[str, Font]) -> Iterator[tuple[str, bytes]]:
    """A wheel is a zip archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as wheel:
        for path in paths.keys() & set(wheel.namelist()):
            yield path, wheel.read(path)


def of_deb(data: bytes, paths: dict[str, Font]) -> Iterator[tuple[str, bytes]]:
    """A Debian package is an ar archive with the files in a tar archive, which is read once from front to back."""
    content = next((body for name, body in ar_members(data) if name.startswith("data.tar")), b"")
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        for member in tar:
            path = member.name.removeprefix("./")
            file = tar.extractfile(member) if path in paths else None
            if file:
                yield path, file.read()


def ar_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """ar(5): a line of its own, then members with a header of 60 bytes: name in the first 16, size in decimal at 48."""
    at = len(b"!<arch>\n")
    while at < len(data):
        name, size = data[at : at + 16].decode("ascii").rstrip(" /"), int(data[at + 48 : at + 58])
        yield name, data[at + 60 : at + 60 + size]
        # Members begin at even places.
        at += 60 + size + size % 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
