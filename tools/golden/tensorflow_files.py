"""Makes the models of tests/data/tensorflow: the same weights as PyTorch, TensorFlow and Keras store them.

    python tools/golden/tensorflow_files.py torch         in an environment with torch, transformers<5: the torch_* folders
    python tools/golden/tensorflow_files.py tensorflow    then, in one with TensorFlow: the google_* and keras_* folders

The second wants Python 3.11 and

    pip install "tensorflow-cpu==2.15.*" "tf-keras==2.15.*" "transformers==4.40.*" h5py "numpy<2" safetensors

The first leaves PyTorch's logits in each torch_* folder (logits.npz, not kept); the second computes them with TensorFlow's
classes, from the files that it wrote, stops where they are further apart than 1e-5, and removes them. The folder's
README.md, which the second also writes, says what every folder holds. The weights are random, so that no two are equal.
"""
import json
import os
import pathlib
import shutil
import sys

import texts as golden_texts

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tests/data/tensorflow"
PIECES, CLOSE = 75, 1e-5
SIZES = dict(vocab_size=PIECES, hidden_size=12, num_hidden_layers=2, num_attention_heads=3, intermediate_size=20,
             max_position_embeddings=24, type_vocab_size=2, hidden_act="gelu")
SIZES_AND_RATES = dict(SIZES, hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1, initializer_range=0.02)
LABELS = {"classify": 3, "tag": 5}
CLASSES = {"pretraining": "BertForPreTraining", "classify": "BertForSequenceClassification",
           "tag": "BertForTokenClassification", "answer": "BertForQuestionAnswering", "fill": "BertForMaskedLM",
           "choose": "BertForMultipleChoice", "encoder": "BertModel"}
# Google's programs and what they call the head of their own.
GOOGLE = {"classify": {"classifier.weight": "output_weights", "classifier.bias": "output_bias"},
          "answer": {"qa_outputs.weight": "cls/squad/output_weights", "qa_outputs.bias": "cls/squad/output_bias"}}
IDS = numpy.array([[2, 40, 41, 50, 3, 60, 3], [2, 70, 1, 12, 13, 14, 3]])
TYPES = numpy.array([[0, 0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0, 0]])


def inputs_of(name):
    """One text of two, or for a choice two of one."""
    ids, types = (IDS[None], TYPES[None]) if name == "choose" else (IDS, TYPES)
    return dict(input_ids=ids, token_type_ids=types, attention_mask=numpy.ones_like(ids))


# ---- PyTorch

def make_torch():
    import torch
    import transformers
    generator = torch.Generator().manual_seed(7)
    for name, class_name in CLASSES.items():
        config = transformers.BertConfig(**SIZES_AND_RATES, num_labels=LABELS.get(name, 2), architectures=[class_name])
        model = getattr(transformers, class_name)._from_config(config, attn_implementation="eager").eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
        folder = FOLDER / f"torch_{name}"
        model.save_pretrained(folder)
        golden_texts.write_tokenizer(folder, SIZES)
        os.chmod(folder / "model.safetensors", 0o644)
        with torch.no_grad():
            out = model(**{key: torch.tensor(value) for key, value in inputs_of(name).items()})
        numpy.savez(folder / "logits.npz", *[part.numpy() for part in out.to_tuple()])


# ---- Google's checkpoints

def google_name(name, head):
    """A parameter of transformers' PyTorch class as Google's programs call it."""
    if name in head:
        return head[name]
    name = name.replace(".layer.", ".layer_").replace("LayerNorm.weight", "LayerNorm.gamma")
    name = name.replace("LayerNorm.bias", "LayerNorm.beta").replace("_embeddings.weight", "_embeddings")
    name = {"cls.predictions.bias": "cls.predictions.output_bias",
            "cls.seq_relationship.weight": "cls.seq_relationship.output_weights",
            "cls.seq_relationship.bias": "cls.seq_relationship.output_bias"}.get(name, name)
    return name.replace("dense.weight", "dense.kernel").replace("query.weight", "query.kernel") \
        .replace("key.weight", "key.kernel").replace("value.weight", "value.kernel").replace(".", "/")


def google_tensors(name):
    from safetensors.numpy import load_file
    tensors = {}
    for parameter, value in load_file(FOLDER / f"torch_{name}" / "model.safetensors").items():
        called = google_name(parameter, GOOGLE.get(name, {}))
        tensors[called] = value.T if called.endswith("/kernel") else value
    return tensors


def write_google_folder(folder, cased):
    folder.mkdir(parents=True)
    options = dict(SIZES_AND_RATES)
    (folder / "bert_config.json").write_text(json.dumps(options, indent=2, sort_keys=True) + "\n")
    pieces = golden_texts.make_vocabulary(PIECES)
    if cased:
        pieces = [p if p in golden_texts.SPECIALS else p.upper() if i % 3 == 0 else p for i, p in enumerate(pieces)]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")


def save_checkpoint(path, tensors, step=None, devices=1):
    """As Google's programs do: with Adam's slots and the step, where there is one."""
    import tensorflow as tf
    tf1 = tf.compat.v1
    graph = tf1.Graph()
    with graph.as_default():
        numbers = numpy.random.default_rng(3)
        for index, (name, value) in enumerate(tensors.items()):
            with graph.device(f"/cpu:{index % devices}"):
                tf1.get_variable(name, initializer=value, use_resource=False)
                for slot in ("adam_m", "adam_v") if step is not None else ():
                    drawn = numbers.standard_normal(value.shape).astype("float32")
                    tf1.get_variable(f"{name}/{slot}", initializer=drawn, use_resource=False)
        if step is not None:
            tf1.get_variable("global_step", initializer=numpy.int64(step), use_resource=False)
        options = tf1.ConfigProto(device_count={"CPU": devices})
        with tf1.Session(config=options) as session:
            session.run(tf1.global_variables_initializer())
            saver = tf1.train.Saver(sharded=devices > 1)
            saver.save(session, str(path), global_step=step, write_meta_graph=False, write_state=step is not None)
    if step is not None:  # which names its place; that of a machine which is no more
        state = path.parent / "checkpoint"
        state.write_text(state.read_text().replace(str(path.parent), "/home/somebody/out"))


def check_google(path, tensors):
    import tensorflow as tf
    reader = tf.train.load_checkpoint(str(path))
    for name, value in tensors.items():
        assert numpy.array_equal(reader.get_tensor(name), value), name


def make_google():
    for folder, name, file, step, devices, cased in (
            ("google_pretraining", "pretraining", "bert_model.ckpt", None, 1, False),
            ("google_classify", "classify", "model.ckpt", 343, 1, False),
            ("google_answer", "answer", "model.ckpt", 20, 1, True),
            ("google_shards", "fill", "bert_model.ckpt", None, 3, False)):
        write_google_folder(FOLDER / folder, cased)
        tensors = google_tensors(name)
        save_checkpoint(FOLDER / folder / file, tensors, step, devices)
        check_google(FOLDER / folder / (f"{file}-{step}" if step is not None else file), tensors)


# ---- Keras

def largest_distance(name, folder):
    """Of TensorFlow's outputs, from the files in the folder, and PyTorch's."""
    import transformers
    model = getattr(transformers, "TF" + CLASSES[name]).from_pretrained(folder)
    numbers = numpy.load(FOLDER / f"torch_{name}" / "logits.npz")
    outputs = model(**inputs_of(name)).to_tuple()
    assert len(outputs) == len(numbers.files), f"{name}: {len(outputs)} outputs, PyTorch has {len(numbers.files)}"
    return max(float(abs(o.numpy() - numbers[n]).max()) for o, n in zip(outputs, numbers.files))


def make_keras():
    import transformers
    for name, class_name in CLASSES.items():
        source, folder = FOLDER / f"torch_{name}", FOLDER / f"keras_{name}"
        model = getattr(transformers, "TF" + class_name).from_pretrained(source)
        model.config._name_or_path = ""
        model.save_pretrained(folder, safe_serialization=False)
        for file in ("vocab.txt", "tokenizer_config.json"):
            shutil.copy(source / file, folder)
        distance = largest_distance(name, folder)
        print(f"{name}: {distance:.1e} from PyTorch's outputs")
        assert distance < CLOSE
        if name == "encoder":
            model.save_pretrained(FOLDER / "keras_shards", safe_serialization=False, max_shard_size="5KB")
            for file in ("vocab.txt", "tokenizer_config.json"):
                shutil.copy(source / file, FOLDER / "keras_shards")


README = """# The same weights, as others store them

Tiny BERTs (2 layers, 12 wide) with random weights. Made by `tools/golden/tensorflow_files.py`, which says with what.

| folder | holds |
|---|---|
| `torch_*` | `model.safetensors` of transformers' PyTorch class, and its `config.json`: what the others are held against |
| `keras_*` | `tf_model.h5` of its TensorFlow class; `keras_shards`: those of `torch_encoder` in several files and `tf_model.h5.index.json` |
| `google_pretraining` | `torch_pretraining` as Google published BERT: `bert_model.ckpt`, `bert_config.json` |
| `google_classify` | `torch_classify` as its `run_classifier.py` leaves it: Adam's slots, the step, `checkpoint` |
| `google_answer` | `torch_answer` as its `run_squad.py` leaves it; the vocabulary has upper-case pieces, so it is a cased model |
| `google_shards` | `torch_fill` in three data files |

TensorFlow {tensorflow}, transformers {transformers}, h5py {h5py}. TensorFlow's outputs, computed from the `.h5` files, were
at most {bound:.0e} from PyTorch's; TensorFlow read the checkpoints back to the same bits.
"""


def main():
    if sys.argv[1:] == ["torch"]:
        shutil.rmtree(FOLDER, ignore_errors=True)
        make_torch()
        return
    assert sys.argv[1:] == ["tensorflow"], __doc__
    import h5py
    import tensorflow
    import transformers
    for folder in [*FOLDER.glob("google_*"), *FOLDER.glob("keras_*")]:
        shutil.rmtree(folder)
    make_google()
    make_keras()
    for file in FOLDER.glob("*/logits.npz"):
        file.unlink()
    (FOLDER / "README.md").write_text(README.format(
        tensorflow=tensorflow.__version__, transformers=transformers.__version__, h5py=h5py.__version__, bound=CLOSE))


main()
