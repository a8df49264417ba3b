"""What the tests and the demo begin with: the Python environment, the lab, the images, loaded into every node."""

import pathlib
import subprocess
import time

from lab import cluster, nodes, places

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
VENV = ROOT / "build/kubernetes/venv"
TAG = "0.1.0"
NEXT_TAG = "0.1.1"  # the same programs under another version, for upgrades
NODES = 3


def make_environment():
    """A Python environment with the packages of requirements.txt."""
    stamp = VENV / "requirements.txt"
    wanted = (HERE / "requirements.txt").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--system-site-packages", VENV], check=True)
    subprocess.run([VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", HERE / "requirements.txt"],
                   check=True)
    stamp.write_text(wanted)


def make_images(next_too=True):
    """Images of all programs, and the broker's once more under the next version. Returns their archives."""
    subprocess.run([ROOT / "docker/images", "--tag", TAG], check=True)
    if next_too:
        subprocess.run([ROOT / "docker/images", "broker", "--tag", NEXT_TAG], check=True)
    tags = (TAG, NEXT_TAG) if next_too else (TAG,)
    return sorted(path for tag in tags for path in (ROOT / "build/images").glob(f"*-{tag}.tar"))


def load(archives):
    """Loads the archives that the nodes do not have in this very state."""
    for archive in archives:
        loaded, made = places.STATE / f"loaded-{archive.name}", str(archive.stat().st_mtime_ns)
        if loaded.exists() and loaded.read_text() == made:
            continue
        started = time.monotonic()
        nodes.load_everywhere(archive)
        loaded.write_text(made)
        print(f"lab: loaded {archive.name} in {time.monotonic() - started:.0f} s", flush=True)


def all_of_it(count=NODES, next_too=True):
    cluster.up(count)
    load(make_images(next_too))
