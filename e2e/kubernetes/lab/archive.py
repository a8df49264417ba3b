"""Writes a container image without any tool: one layer, in the archive format that `ctr images import` takes.

For the two small images of the lab itself: the pause container, and the tools (busybox and kubectl) that volumes are made
with.
"""

import hashlib
import io
import json
import tarfile


def _layer(files, links):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as layer:
        for folder, mode in (("bin", 0o755), ("tmp", 0o1777)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            layer.addfile(entry)
        for name, path in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = path.stat().st_size, 0o755
            with path.open("rb") as content:
                layer.addfile(entry, content)
        for name, target in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            layer.addfile(entry)
    return buffer.getvalue()


def write(path, name, files, links=None, entrypoint=()):
    """Writes image `name` to `path`: `files` maps names inside to files outside, `links` names to what they point at."""
    layer = _layer(files, links or {})
    config = json.dumps({
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": ["PATH=/bin"], "Entrypoint": list(entrypoint)},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
    }).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()
    unfinished = path.with_suffix(".unfinished")
    with tarfile.open(unfinished, mode="w") as archive:
        for member, content in (("manifest.json", manifest), ("config.json", config), ("layer.tar", layer)):
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    unfinished.rename(path)
