"""Changes the tensors of a .safetensors file in place, for the cases of tests/cli.

    weights.py FILE prefix TEXT     puts TEXT before every name
    weights.py FILE drop NAME...    takes tensors out
    weights.py FILE add NAME N...   adds a tensor of zeros of that shape; "position_ids" in whole numbers
"""
import json
import math
import sys

path, change, *words = sys.argv[1:]
data = open(path, "rb").read()
end = 8 + int.from_bytes(data[:8], "little")
tensors = {name: (about["dtype"], about["shape"], data[end:][slice(*about["data_offsets"])])
           for name, about in json.loads(data[8:end]).items() if name != "__metadata__"}
if change == "prefix":
    tensors = {words[0] + name: tensor for name, tensor in tensors.items()}
elif change == "drop":
    for name in words:
        del tensors[name]
elif change == "add":
    kind, size = ("I64", 8) if words[0].endswith("position_ids") else ("F32", 4)
    shape = [int(word) for word in words[1:]]
    tensors[words[0]] = (kind, shape, bytes(size * math.prod(shape)))
header, body = {}, b""
for name, (kind, shape, numbers) in tensors.items():
    header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(body), len(body) + len(numbers)]}
    body += numbers
text = json.dumps(header).encode()
open(path, "wb").write(len(text).to_bytes(8, "little") + text + body)
