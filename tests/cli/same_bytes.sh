#!/bin/bash
# Trains, answers and embeds without and with variables of the environment; says which of them change a byte of the
# model, of the log or of standard output.
#
#     [STACK=KILOBYTES] same_bytes.sh "VARIABLE=VALUE ..." ...     each argument is one setting
#
# STACK: the stack that bert is given; tools such as wc of Debian 13 need more.
set -e

# Batches of 1,024 tokens: oneDNN would share out their products.
python3 - > t.tsv << 'END'
words = "the film was good bad not so dull".split()
print("text\tlabel")
for row in range(64):
    text = " ".join(words[(row * 7 + i * i + row * i) % 8] for i in range(30))
    print(text, ("bad", "fair", "good")[row % 3], sep="\t")
END
cut -f 1 t.tsv | tail -n +2 > texts.txt

run() { # run FOLDER [VARIABLE=VALUE...]
    folder=$1
    shift
    mkdir "$folder"
    {
        [ -z "${STACK-}" ] || ulimit -s "$STACK"
        env "$@" bert train "$GOLDEN" --train t.tsv --dev t.tsv --output "$folder/o" --epochs 1 --max-length 32 --threads 2
        env "$@" bert predict "$folder/o" --threads 2 < texts.txt
        env "$@" bert embed "$folder/o" --threads 2 < texts.txt
    } 2> "$folder/err" | grep -v "$folder/o" > "$folder/out"
}

run plain
[ "$(wc -l < plain/out)" -gt 128 ] || cat plain/err
for setting; do
    run set $setting
    for file in o/model.safetensors o/train_log.jsonl out; do
        cmp "plain/$file" "set/$file" > /dev/null || echo "$file differs with $setting"
    done
    rm -r set
done
