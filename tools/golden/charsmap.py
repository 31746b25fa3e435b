"""Makes SentencePiece's precompiled maps: u32 size, a darts-clone double array, texts ended by NUL."""

import struct

BLOCK = 256


def make_charsmap(mapping):
    """{source: target} as bytes. Each node's children have a block of their own, in which a child's
    place is base ^ byte; values of leaves share blocks. Sources hold no NUL."""
    texts, begins = bytearray(), {}
    for target in mapping.values():
        if target not in begins:
            begins[target] = len(texts)
            texts += target.encode() + b"\0"
    root = {}
    for source, target in mapping.items():
        node = root
        for byte in source.encode():
            node = node.setdefault(byte, {})
        node[None] = begins[target]

    array, shared, taken = [0] * BLOCK, [], [0] * BLOCK
    left = [(0, root, 0)]
    while left:
        place, node, label = left.pop()
        low = place % BLOCK
        if node.keys() == {None}:
            if taken[low] == len(shared):
                shared.append(len(array))
                array += [0] * BLOCK
            block = shared[taken[low]]
            taken[low] += 1
        else:
            block = len(array)
            array += [0] * BLOCK
        base = block + low
        offset = (place ^ base) >> 8
        assert offset < 1 << 21
        array[place] = label | (None in node) << 8 | 1 << 9 | offset << 10
        if None in node:
            array[base] = node[None] | 1 << 31
        left += [(base ^ byte, child, byte) for byte, child in node.items() if byte is not None]
    return struct.pack(f"<{1 + len(array)}I", 4 * len(array), *array) + bytes(texts)
