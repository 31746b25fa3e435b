"""The inputs that fuzzing found and that are kept: fuzz/corpus/TARGET.tar.gz, thousands of small files in one a target.

    python3 tools/fuzz/corpus.py unpack BUILD TARGET     into BUILD/corpus/TARGET, unless it is there; prints that folder
    python3 tools/fuzz/corpus.py pack FOLDER TARGET      the files of FOLDER become the archive; prints how many

The same files make the same archive: sorted, without owner and time. Standard library only.
"""
import gzip
import hashlib
import io
import os
import pathlib
import shutil
import sys
import tarfile

ARCHIVES = pathlib.Path(__file__).resolve().parents[2] / "fuzz/corpus"


def archive_of(target):
    return ARCHIVES / f"{target}.tar.gz"


def unpack(build, target):
    """The folder of the target's kept inputs, which holds what the archive holds now; empty where there is none."""
    folder, stamp = pathlib.Path(build, "corpus", target), pathlib.Path(build, "corpus", f"{target}.sha256")
    archive = archive_of(target).read_bytes() if archive_of(target).exists() else b""
    digest = hashlib.sha256(archive).hexdigest()
    if folder.is_dir() and stamp.exists() and stamp.read_text() == digest:
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if archive:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for member in tar:
                (folder / os.path.basename(member.name)).write_bytes(tar.extractfile(member).read())
    stamp.write_text(digest)
    return folder


def pack(folder, target):
    """How many files there were."""
    paths, plain = sorted(p for p in pathlib.Path(folder).iterdir() if p.is_file()), io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in paths:
            member = tarfile.TarInfo(path.name)  # mode 644, and 0 for time and owner
            member.size = path.stat().st_size
            tar.addfile(member, io.BytesIO(path.read_bytes()))
    archive_of(target).write_bytes(gzip.compress(plain.getvalue(), 9, mtime=0))
    return len(paths)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in ("unpack", "pack"):
        sys.exit(__doc__)
    print({"unpack": unpack, "pack": pack}[sys.argv[1]](*sys.argv[2:]))
