"""What `bert convert` makes, opened in transformers: no weight missing, none unexpected, equal to the checkpoint's own.

    python tools/check/convert.py build/bert [MODEL...]       MODEL: folders in any form; else those of tests/data

Wants torch and transformers<5. A line a model; exit 1 where anything differs. Weights are compared with those of the
folder torch_* beside a google_* or keras_* one, which tools/golden/tensorflow_files.py made all three from.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
import transformers

transformers.logging.set_verbosity_error()
DATA = pathlib.Path("tests/data/tensorflow")


BESIDE = {"google_shards": "torch_fill", "keras_shards": "torch_encoder"}
TYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


def reference(folder):
    """The same model as PyTorch saved it; None where there is none."""
    beside = folder.parent / BESIDE.get(folder.name, "torch_" + folder.name.split("_", 1)[-1])
    return beside if beside.is_dir() else None


def check(program, folder, output, dtype):
    subprocess.run([program, "convert", folder, output, "--dtype", dtype], check=True, capture_output=True)
    name = json.loads((output / "config.json").read_text())["architectures"][0]
    cls = getattr(transformers, name)
    model, report = cls.from_pretrained(output, output_loading_info=True)
    wrong = [f"{kind}: {', '.join(sorted(map(str, keys)))}" for kind, keys in report.items() if keys]
    beside = reference(folder)
    want = cls.from_pretrained(beside).state_dict() if beside else {}
    have = {key: tensor for key, tensor in model.state_dict().items() if key in want}
    wrong += [f"{key} differs" for key, tensor in have.items()
              if not torch.equal(tensor, want[key].to(TYPES[dtype]).to(tensor.dtype))]
    print(f"{folder.name} as {dtype}: {name}, {len(have)} tensors compared, {'; '.join(wrong) or 'equal'}")
    return not wrong


def main():
    program, folders = sys.argv[1], [pathlib.Path(p) for p in sys.argv[2:]]
    folders = folders or sorted(p for p in DATA.iterdir() if p.is_dir())
    with tempfile.TemporaryDirectory() as room:
        good = [check(program, folder, pathlib.Path(room) / f"{folder.name}-{dtype}", dtype)
                for folder in folders for dtype in TYPES]
    sys.exit(not all(good))


main()
