"""Gives a pretrained model a classification head drawn from a seed, so that two programs can start from equal weights.

    python tools/reference/head.py MODEL TRAIN.tsv FOLDER [--seed 1]

FOLDER becomes a model folder for the labels of TRAIN.tsv: the weights of MODEL and a head as transformers draws it.
"""
import argparse
import os
import shutil

from recipe import open_model, order_labels, read_table

import torch

TOKENIZER_FILES = ["vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]


def make_head(source, train, folder, seed):
    torch.manual_seed(seed)
    open_model(source, order_labels(label for _, label in read_table(train))).save_pretrained(folder)
    os.chmod(os.path.join(folder, "model.safetensors"), 0o644)
    for name in TOKENIZER_FILES:
        if os.path.exists(os.path.join(source, name)):
            shutil.copy(os.path.join(source, name), folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("train")
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    make_head(options.model, options.train, options.folder, options.seed)


if __name__ == "__main__":
    main()
