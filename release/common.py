"""What the scripts of a release have in common: names of architectures, facts about the commit, archives."""

import gzip
import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# By the name in release/build: those of Debian, of RPM, and of images, with a variant.
ARCHITECTURES = {
    "x86_64": ("amd64", "x86_64", "amd64"),
    "aarch64": ("arm64", "aarch64", "arm64/v8"),
    "riscv64": ("riscv64", "riscv64", "riscv64"),
    "i686": ("i386", "i686", "386"),
    "armv7": ("armhf", "armv7hl", "arm/v7"),
    "powerpc64le": ("ppc64el", "ppc64le", "ppc64le"),
    "s390x": ("s390x", "s390x", "s390x"),
    "loongarch64": ("loong64", "loongarch64", "loong64"),
}

TITLE = "rinit"
DESCRIPTION = "A minimal init (PID 1) for containers"
LICENSES = "MIT OR Apache-2.0"


def fail(message):
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {message}")


def output(*command):
    """What a program prints, without the end of the line."""
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def version():
    return output("release/version")


def revision():
    """The commit. A copy of the tree that has no history is told it."""
    return os.environ.get("RINIT_REVISION") or output("git", "rev-parse", "HEAD")


def epoch():
    """The commit's date, which every file of the release gets."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or output("git", "log", "-1", "--format=%ct"))


def created(form="%Y-%m-%dT%H:%M:%SZ"):
    return time.strftime(form, time.gmtime(epoch()))


def repository():
    """Where the source is: see release/repository."""
    return output("release/repository")


def programs(folder):
    """The programs by their architecture, in the order of the table."""
    found = {name: pathlib.Path(folder) / "programs" / name / "rinit" for name in ARCHITECTURES}
    found = {name: path for name, path in found.items() if path.exists()}
    return found or fail(f"there is no program in {folder}")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def as_json(value):
    """The bytes of a JSON text, which are the same for the same value."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def tar(files):
    """An archive of (path, content, mode): folders are made, and everything belongs to root."""
    buffer, folders = io.BytesIO(), set()

    def entry(name, mode, kind=tarfile.REGTYPE, size=0):
        info = tarfile.TarInfo(name)
        info.mode, info.type, info.size, info.mtime = mode, kind, size, epoch()
        return info

    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, content, mode in files:
            for folder in reversed(pathlib.PurePath(path).parents[:-1]):
                if folder not in folders:
                    folders.add(folder)
                    archive.addfile(entry(str(folder), 0o755, tarfile.DIRTYPE))
            archive.addfile(entry(path, mode, size=len(content)), io.BytesIO(content))
    return buffer.getvalue()


def compressed(data):
    """By gzip, with the commit's date and no name."""
    buffer = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, buffer, mtime=epoch()) as file:
        file.write(data)
    return buffer.getvalue()
