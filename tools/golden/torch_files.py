"""Makes the files of tests/data/torch: one tiny BERT in every form that torch has saved models in, and hostile files.

    python tools/golden/torch_files.py [FOLDER]

Needs torch, transformers<5, safetensors. FOLDER is tests/data/torch unless given; its README.md, which this also
writes, says what every file holds. Every run on one machine and one set of versions writes the same numbers (torch
draws an id for each zip archive).
"""
import collections
import json
import pathlib
import pickle
import platform
import struct
import sys

import torch
import transformers
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] a the film was is good bad fine not so very plot ##s , .".split()
LABELS = ["bad", "good"]

README = """# One tiny BERT as torch saves it

Made by `python tools/golden/torch_files.py` with Python {python}, torch {torch}, transformers {transformers}.

`model` is the model's folder, its weights float32 in `model.safetensors`. The files beside it hold the same weights:

| file | what |
|---|---|
| `zip.bin` | `torch.save()` of today, with `_metadata` |
| `unchecked.bin` | the same without checksums |
| `sharded` | in two files, and their index |
| `legacy.bin` | the stream of before torch 1.6 |
| `old.bin` | the same as Python 2 wrote it, with names of 2018: `gamma`, `beta`, no `bert.` |
| `views.bin` | transposed, cut out of larger tensors, parameters |
| `tied.bin`, `tied_legacy.bin` | a decoder that shares the word table's storage, the head of pretraining, `position_ids` |
| `protocol4.bin` | a later pickle: STACK_GLOBAL, MEMOIZE, FRAME |
| `half.bin`, `brain.bin`, `double.bin` | other types; `NAME.safetensors`: what torch's `.float()` makes of them |

These are refused:

| file | what |
|---|---|
| `system.bin`, `eval.bin` | call `os.system` and `eval` when Python loads them |
| `huge.bin` | a tuple of tuples of 2^60 nothings |
| `nested.bin` | `{{"epoch": ..., "state_dict": ...}}` |
| `quantized.bin`, `sparse.bin` | a tensor that is |
| `big.bin` | of a machine of the other byte order |
| `script.bin` | TorchScript |
| `tar.bin` | the first bytes of the form of before torch 0.1.10 |
"""


def make_model():
    torch.manual_seed(7)
    config = BertConfig(vocab_size=len(WORDS), hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
                        intermediate_size=12, max_position_embeddings=16, hidden_dropout_prob=0.0,
                        attention_probs_dropout_prob=0.0, problem_type="single_label_classification",
                        id2label=dict(enumerate(LABELS)), label2id={n: i for i, n in enumerate(LABELS)})
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.7)
    return model.eval()


def write_folder(model, folder):
    folder.mkdir(parents=True, exist_ok=True)
    config = json.loads(model.config.to_json_string())
    config["architectures"] = ["BertForSequenceClassification"]
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer", "do_lower_case": true}\n')
    save_file(model.state_dict(), folder / "model.safetensors", metadata={"format": "pt"})


def write_sharded(states, folder):
    folder.mkdir(exist_ok=True)
    names, index = list(states), {}
    for number, part in enumerate((names[:9], names[9:]), 1):
        file = f"pytorch_model-{number:05}-of-00002.bin"
        torch.save({name: states[name].clone() for name in part}, folder / file)
        index.update({name: file for name in part})
    text = json.dumps({"metadata": {"total_size": 0}, "weight_map": index}, indent=2, sort_keys=True)
    (folder / "pytorch_model.bin.index.json").write_text(text + "\n")


class Python2:
    """Stands for the module pickle: texts are the bytes of Python 2's str, and OrderedDict is made of a list."""
    __name__ = "pickle"

    class Pickler(pickle._Pickler):
        dispatch = dict(pickle._Pickler.dispatch)

        def save_str(self, text):
            data = text.encode()
            short = len(data) < 256
            self.write((b"U" + bytes([len(data)]) if short else b"T" + struct.pack("<i", len(data))) + data)
            self.memoize(text)

        dispatch[str] = save_str

        def reducer_override(self, value):
            if type(value) is not collections.OrderedDict:
                return NotImplemented
            made = collections.OrderedDict, ([list(pair) for pair in value.items()],)
            return made + (value.__dict__,) if value.__dict__ else made

    @classmethod
    def dump(cls, value, file, protocol):
        cls.Pickler(file, protocol=protocol).dump(value)


def old_states(states):
    old = collections.OrderedDict()
    for name, value in states.items():
        name = name.removeprefix("bert.").replace("LayerNorm.weight", "LayerNorm.gamma")
        old[name.replace("LayerNorm.bias", "LayerNorm.beta")] = value
    old._metadata = states._metadata
    return old


def view_of(value, way):
    """The same numbers, laid out otherwise."""
    if value.dim() == 2 and way % 3 == 0:
        return value.t().contiguous().t()
    if value.dim() == 2 and way % 3 == 1:
        wide = torch.full((value.shape[0] + 2, value.shape[1] + 3), 9.0)
        wide[1:-1, 2:-1] = value
        return wide[1:-1, 2:-1]
    if value.dim() == 1 and way % 2:
        spread = torch.full((2 * len(value) + 1,), 9.0)
        spread[1::2] = value
        return spread[1::2]
    return torch.nn.Parameter(value.clone())


def write_shared(states, path, **how):
    tied = collections.OrderedDict((name, value.clone()) for name, value in states.items())
    table = tied["bert.embeddings.word_embeddings.weight"]
    tied["bert.embeddings.position_ids"] = torch.arange(16).expand((1, -1))
    tied["cls.predictions.bias"] = torch.zeros(len(WORDS))
    tied["cls.predictions.decoder.weight"] = table
    tied["cls.predictions.decoder.bias"] = tied["cls.predictions.bias"]
    tied["cls.seq_relationship.weight"] = torch.zeros(2, 8)
    torch.save(tied, path, **how)


def write_types(states, folder):
    generator = torch.Generator().manual_seed(11)
    finer = lambda value: value.double() * (1 + 1e-8 * torch.randn(value.shape, generator=generator).double())
    for name, change in (("half", torch.Tensor.half), ("brain", torch.Tensor.bfloat16), ("double", finer)):
        changed = {key: change(value) for key, value in states.items()}
        torch.save(changed, folder / f"{name}.bin")
        save_file({key: value.float() for key, value in changed.items()}, folder / f"{name}.safetensors")


class Call:
    def __init__(self, function, *arguments):
        self.made = function, arguments

    def __reduce__(self):
        return self.made


def write_hostile(states, folder):
    import os
    some = {name: states[name] for name in list(states)[-2:]}
    torch.save({**some, "x": Call(os.system, "touch pwned")}, folder / "system.bin")
    torch.save({**some, "x": Call(eval, "1")}, folder / "eval.bin", _use_new_zipfile_serialization=False)
    huge = ()
    for _ in range(60):
        huge = (huge, huge)
    torch.save({**some, "x": huge}, folder / "huge.bin")
    torch.save({"epoch": 3, "state_dict": some}, folder / "nested.bin")
    torch.save({"x": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}, folder / "quantized.bin")
    torch.save({"x": torch.eye(2).to_sparse()}, folder / "sparse.bin")
    writer = torch._C.PyTorchFileWriter(str(folder / "big.bin"))
    reader = torch._C.PyTorchFileReader(str(folder / "system.bin"))
    writer.write_record("data.pkl", reader.get_record("data.pkl"), len(reader.get_record("data.pkl")))
    writer.write_record("byteorder", b"big", 3)
    writer.write_end_of_file()
    torch.jit.script(torch.nn.Linear(2, 1)).save(str(folder / "script.bin"))
    (folder / "tar.bin").write_bytes(b"sys_info".ljust(257, b"\0") + b"ustar\0" + bytes(249))


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "tests/data/torch")
    model = make_model()
    states = model.state_dict()
    write_folder(model, folder / "model")
    torch.save(states, folder / "zip.bin")
    torch.serialization.set_crc32_options(False)
    torch.save(states, folder / "unchecked.bin")
    torch.serialization.set_crc32_options(True)
    write_sharded(states, folder / "sharded")
    torch.save(states, folder / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save(old_states(states), folder / "old.bin", pickle_module=Python2, _use_new_zipfile_serialization=False)
    torch.save({name: view_of(value, i) for i, (name, value) in enumerate(states.items())}, folder / "views.bin")
    write_shared(states, folder / "tied.bin")
    write_shared(states, folder / "tied_legacy.bin", _use_new_zipfile_serialization=False)
    torch.save(states, folder / "protocol4.bin", pickle_protocol=4)
    write_types(states, folder)
    write_hostile(states, folder)
    (folder / "README.md").write_text(README.format(python=platform.python_version(), torch=torch.__version__,
                                                    transformers=transformers.__version__))


main()
