"""Small disks that may be filled and broken: ext4 in a file, mounted by a loop device. Needs root."""

import contextlib
import os
import pathlib
import subprocess

import pytest


class SmallDisk:
    def __init__(self, folder, name, mib):
        self.image = pathlib.Path(folder) / f"{name}.img"
        self.path = pathlib.Path(folder) / name
        self.path.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(mib << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(self.image)], check=True)
        self.mounted = False

    def mount(self):
        subprocess.run(["mount", "-o", "loop", str(self.image), str(self.path)], check=True, capture_output=True)
        self.mounted = True

    def unmount(self):
        subprocess.run(["umount", str(self.path)], check=True)
        self.mounted = False

    def fail(self):
        """Every write from now on ends with an error, as after the kernel gave the file system up."""
        subprocess.run(["mount", "-o", "remount,abort", str(self.path)], check=True, capture_output=True)

    def repair(self):
        subprocess.run(["fsck.ext4", "-p", "-f", str(self.image)], capture_output=True, check=False)

    def free_bytes(self):
        status = os.statvfs(self.path)
        return status.f_bavail * status.f_frsize

    def fill(self):
        """Takes every byte that is left; returns how many."""
        taken = 0
        with open(self.path / "filler", "ab", buffering=0) as filler:
            for piece in (1 << 20, 4096, 1):
                while True:
                    try:
                        taken += filler.write(b"x" * piece)
                    except OSError:
                        break
            with contextlib.suppress(OSError):
                os.fsync(filler.fileno())
        return taken

    def free(self):
        (self.path / "filler").unlink()


@contextlib.contextmanager
def small_disk(folder, name, mib):
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a disk")
    try:
        disk = SmallDisk(folder, name, mib)
        disk.mount()
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"cannot mount a disk here: {error}")
    try:
        yield disk
    finally:
        if disk.mounted:
            subprocess.run(["umount", "-l", str(disk.path)], check=False)
