"""A file system as a power failure leaves it, from the log of writes.c.

Contents are safe up to the last sync of their file; names (made, renamed, removed) up to the last sync of their folder.
What is not safe is gone: the worst that a file system may do.
"""
import os
import pathlib

COUNTED = ("write", "sync", "rename", "exchange")  # the kinds that FAULT_KILL counts


class File:
    def __init__(self, content=b""):
        self.content, self.safe = bytearray(content), bytes(content)


class Folder:
    def __init__(self):
        self.entries, self.safe = {}, {}


def read_records(path):
    """(kind, a, b, data) of each whole record."""
    text, at = pathlib.Path(path).read_bytes(), 0
    while at < len(text):
        end = text.find(b"\n", at)
        if end < 0:
            return
        kind, a, b, count = text[at:end].split()
        data = text[end + 1:end + 1 + int(count)]
        if len(data) < int(count):
            return
        yield kind.decode(), int(a), int(b), data
        at = end + 2 + int(count)


class Disk:
    """What lies below `root`; all of it is safe at the start."""

    def __init__(self, root):
        self.root, self.top, self.open = pathlib.Path(root), Folder(), {}
        self._read(self.root, self.top)

    def _read(self, path, folder):
        for entry in os.scandir(path):
            node = Folder() if entry.is_dir() else File(pathlib.Path(entry.path).read_bytes())
            if entry.is_dir():
                self._read(entry.path, node)
            folder.entries[entry.name] = folder.safe[entry.name] = node

    def _find(self, path):
        """(folder, name) of a path below the root, else None."""
        try:
            parts = pathlib.PurePath(os.path.normpath(path.decode())).relative_to(self.root).parts
        except ValueError:
            return None
        folder = self.top
        for part in parts[:-1]:
            folder = folder.entries[part]
        return (folder, parts[-1]) if parts else (None, None)

    def _node(self, place):
        return self.top if place[0] is None else place[0].entries.get(place[1])

    def apply(self, records):
        source = None
        for kind, a, _, data in records:
            if kind in ("write", "sync", "close"):
                node = self.open.get(a)
                if kind == "close":
                    self.open.pop(a, None)
                elif node is not None and kind == "write":
                    node.content += data
                elif node is not None:
                    node.safe = bytes(node.content) if isinstance(node, File) else dict(node.entries)
                continue
            place = self._find(data)
            if place is None:
                if kind in ("open", "truncate"):
                    self.open.pop(a, None)
                continue
            if kind == "from":
                source = place
            elif kind in ("open", "truncate"):
                node = self._node(place)
                if node is None:
                    node = place[0].entries[place[1]] = File()
                if kind == "truncate":
                    node.content = bytearray()
                self.open[a] = node
            elif kind == "mkdir":
                place[0].entries[place[1]] = Folder()
            elif kind == "remove":
                del place[0].entries[place[1]]
            elif kind == "rename":
                place[0].entries[place[1]] = source[0].entries.pop(source[1])
            elif kind == "exchange":
                one, two = source[0].entries[source[1]], place[0].entries[place[1]]
                source[0].entries[source[1]], place[0].entries[place[1]] = two, one

    def write_safe(self, path, folder=None):
        """Makes what has survived, below `path`."""
        folder = folder or self.top
        os.makedirs(path)
        for name, node in folder.safe.items():
            inside = pathlib.Path(path) / name
            if isinstance(node, Folder):
                self.write_safe(inside, node)
            else:
                inside.write_bytes(node.safe)
