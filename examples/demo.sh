#!/bin/sh
# What `make demo` shows: a general model learns to tell good reviews from bad ones, and is asked.
# BERT is the program; demo/ holds what tools/fetch.sh fetched.
set -eu
BERT=${BERT:-build/bert}

echo "\$ bert info demo/model"
"$BERT" info demo/model

echo
echo "\$ bert train demo/model --train demo/train.tsv --dev demo/dev.tsv --output demo/reviews --overwrite"
"$BERT" train demo/model --train demo/train.tsv --dev demo/dev.tsv --output demo/reviews --overwrite

echo
echo "\$ bert evaluate demo/reviews --data demo/dev.tsv"
"$BERT" evaluate demo/reviews --data demo/dev.tsv --quiet

echo
echo "\$ bert predict demo/reviews reviews.txt"
while IFS= read -r review; do
    printf '%s\n  ' "$review"
    printf '%s\n' "$review" | "$BERT" predict demo/reviews
done << 'END'
This movie was amazing!
Terrible acting, waste of time.
I expected to hate it, and was wrong.
Not exactly a masterpiece.
The trailer is the best part of it.
END
