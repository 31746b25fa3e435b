# lettered NAME: a copy of the folder tests/data/families/NAME as m, with a tokenizer of letters, and texts of them as t.tsv.
lettered() {
    cp -r "$ROOT/tests/data/families/$1" m
    chmod -R u+w m
    { printf '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n'
      for letter in {a..z}; do printf '%s\n##%s\n' $letter $letter; done; } > m/vocab.txt
    echo '{"tokenizer_class": "BertTokenizer"}' > m/tokenizer_config.json
    printf 'text\tlabel\nabc def\tgood\nghi\tbad\nkl m\tgood\nxyz\tbad\nabc kl\tgood\nghi ghi\tbad\n' > t.tsv
}
