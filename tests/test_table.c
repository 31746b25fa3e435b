#include "rows/table.h"

#include "scratch.h"

#include "base/file.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* All of a table as one text: "LINE:field|field;" for each row, <> for a field that is absent. */
static bert_status table_render(const char *path, char **out)
{
    table *t;
    bool more;
    size_t bytes;
    TRY(table_open(path, &t));
    FILE *stream = open_memstream(out, &bytes);
    assert_non_null(stream);
    for (size_t i = 0; i < table_column_count(t); i++)
        fprintf(stream, "%s%s", i ? "|" : "", table_column_name(t, i));
    fputc(';', stream);
    bert_status status;
    while ((status = table_next(t, &more)) == BERT_OK && more) {
        fprintf(stream, "%zu:", table_line(t));
        for (size_t i = 0; i < table_column_count(t); i++) {
            slice field = table_field(t, i);
            fputs(i ? "|" : "", stream);
            if (field.bytes)
                fwrite(field.bytes, 1, field.count, stream);
            else
                fputs("<>", stream);
        }
        fputc(';', stream);
    }
    fclose(stream);
    if (status != BERT_OK) {
        free(*out);
        *out = NULL;
    }
    table_free(t);
    return status;
}

static void assert_bytes_read(void **state, const char *name, slice bytes, const char *wanted)
{
    char *got = NULL;
    assert_done(table_render(scratch_write(state, name, bytes), &got));
    assert_string_equal(got, wanted);
    free(got);
}

static void assert_read(void **state, const char *name, const char *text, const char *wanted)
{
    assert_bytes_read(state, name, slice_of(text), wanted);
}

static void assert_refused(void **state, const char *name, slice bytes, bert_status status,
                           const char *words)
{
    char *got = NULL;
    assert_failed(table_render(scratch_write(state, name, bytes), &got), status, words);
    assert_null(got);
}

static void a_tsv_is_split_on_tabs_and_nothing_else(void **state)
{
    assert_read(state, "a.tsv", "id\ttext\n1\t\"quoted, \"\n\t x  \n",
                "id|text;2:1|\"quoted, \";3:| x  ;");
    assert_read(state, "a.tsv", "id\ttext\r\n1\ta\rb\r\n2\tc", "id|text;2:1|a\rb;3:2|c;");
    assert_read(state, "a.tsv", "\xEF\xBB\xBFid\n1\n\n2\n\r\n\n", "id;2:1;3:;4:2;");
    assert_read(state, "A.TSV", "x\ty\n\xC3\xA9\t\xF0\x9F\x98\x80\n\t\n",
                "x|y;2:\xC3\xA9|\xF0\x9F\x98\x80;3:|;");
}

static void a_csv_is_what_rfc_4180_says(void **state)
{
    assert_read(state, "a.csv", "id,text\r\n1,\"a, \"\"b\"\"\"\r\n2,\r\n",
                "id|text;2:1|a, \"b\";3:2|;");
    assert_read(state, "a.csv", "a,b\n , x y \n\"\",\" \"\n,", "a|b;2: | x y ;3:| ;4:|;");
    assert_read(state, "a.csv", "\xEF\xBB\xBF\"a\",b\r\r1,2\r3,4", "a|b;3:1|2;4:3|4;");
    assert_read(state, "a.csv", "a\n\n\n1\n\n2\n\n", "a;4:1;6:2;");
    assert_read(state, "a.csv", "a\tb,c\n\t1,2\t\n", "a\tb|c;2:\t1|2\t;");
}

static void line_numbers_are_right_where_fields_hold_line_ends(void **state)
{
    assert_read(state, "a.csv", "a,b\n1,\"x\ny\r\nz\n\"\n2,\"\r\"\n3,w\n",
                "a|b;2:1|x\ny\r\nz\n;6:2|\r;8:3|w;");
    assert_read(state, "a.csv", "\n\n\"a\nb\",c\r\n\r\n1,2\r\n", "a\nb|c;6:1|2;");
    assert_refused(state, "a.csv", slice_of("a,b\n1,\"x\ny\"\n\"\r\n\r\n\",\"\n e\xFF\"\n"),
                   BERT_FORMAT,
                   "a.csv:7: not UTF-8 at byte 3 of the line; convert the file to UTF-8 (iconv)");
}

static void a_jsonl_has_the_keys_of_its_first_object(void **state)
{
    assert_read(
        state, "a.jsonl",
        "{\"text\": \"a\\n\\u00e9\", \"label\": 1}\n\n \t\r\n{\"label\": -0.10, \"more\": 2}\r\n"
        "{\"text\": null, \"label\": true}\n{\"text\": [1, \"x y\"], \"label\": {\"a\": 20.0}}\n"
        "{\"text\": 100.0, \"label\": 1e1}\n",
        "text|label;1:a\n\xC3\xA9|1;4:<>|-0.1;5:<>|true;6:[1,\"x y\"]|{\"a\":20.0};7:100.0|10.0;");
    assert_bytes_read(state, "a.jsonl", slice_of("\xEF\xBB\xBF\n{\"t\":\"\"}\n\n"), "t;2:;");
}

static void an_escaped_nul_in_a_jsonl_is_text(void **state)
{
    table *t;
    bool more;
    assert_done(table_open(scratch_text(state, "a.jsonl", "{\"t\":\"a\\u0000b\"}\n"), &t));
    assert_done(table_next(t, &more));
    assert_true(more && slice_equal(table_field(t, 0), (slice){ "a\0b", 3 }));
    assert_done(table_next(t, &more));
    assert_false(more);
    table_free(t);
}

static void fields_that_do_not_fit_the_header_are_told_with_the_columns(void **state)
{
    assert_refused(
        state, "reviews.tsv", slice_of("id\ttext\tlabel\n1\ta\tb\n2\tc\n"), BERT_FORMAT,
        "reviews.tsv:3: 2 fields where the header has 3 (id, text, label); is a TAB missing?");
    assert_refused(
        state, "reviews.tsv", slice_of("id\ttext\n1\ta\tb\n"), BERT_FORMAT,
        "reviews.tsv:2: 3 fields where the header has 2 (id, text); is there a TAB inside");
    assert_refused(state, "reviews.tsv", slice_of("id\ttext\n1\ta\n\n2\tb\n"), BERT_FORMAT,
                   "reviews.tsv:3: 1 field where the header has 2");
    assert_refused(
        state, "reviews.csv", slice_of("id,text\n1,a\n2,\"b\n\"\n3,c, d\n"), BERT_FORMAT,
        "reviews.csv:5: 3 fields where the header has 2 (id, text); is a field with a comma");
    assert_refused(state, "reviews.csv", slice_of("id,text\n1,a\n2\n"), BERT_FORMAT,
                   "reviews.csv:3: 1 field where the header has 2 (id, text); is a comma missing?");
}

static void broken_quotes_are_told_with_their_place(void **state)
{
    assert_refused(state, "a.csv", slice_of("a,b\n1,2\n3,x\"y\"\n"), BERT_FORMAT,
                   "a.csv:3: a quote inside a field that does not begin with one, at byte 4");
    assert_refused(state, "a.csv", slice_of("a,b\n1,\"2\n3\" x,\n"), BERT_FORMAT,
                   "a.csv:3: text behind the closing quote of a field, at byte 3");
    assert_refused(
        state, "a.csv", slice_of("a,b\n1,2\n3,\"4\n5,6\n"), BERT_FORMAT,
        "a.csv:3: a quoted field of the record that begins on this line is never closed");
}

static void text_that_is_not_utf8_is_told_with_its_place(void **state)
{
    assert_refused(state, "x.tsv", slice_of("a\tb\n1\t2\n\xC3\xA9\tcaf\xE9\n"), BERT_FORMAT,
                   "x.tsv:3: not UTF-8 at byte 7 of the line; convert the file to UTF-8 (iconv)");
    assert_refused(state, "x.csv", slice_of("a,b\xFF\n1,2\n"), BERT_FORMAT,
                   "x.csv:1: not UTF-8 at byte 4");
    assert_refused(state, "x.jsonl", slice_of("{\"a\":1}\n{\"a\":\"\xED\xA0\x80\"}\n"), BERT_FORMAT,
                   "x.jsonl:2: not UTF-8 at byte 7");
    assert_refused(state, "x.tsv",
                   (slice){ "\xFF\xFE"
                            "a\0\n\0",
                            6 },
                   BERT_FORMAT, "is UTF-16; convert");
    assert_refused(state, "x.tsv", slice_of("ab\tc\n1\r2\t\xFF\n"), BERT_FORMAT,
                   "x.tsv:2: not UTF-8 at byte 5");
}

static void a_binary_file_is_no_table(void **state)
{
    static const char gzip[] = "\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03\x4B\x4C";
    static const char archive[] = "PK\x03\x04\x14\x00\x00\x00\x08\x00";
    const char *const names[] = { "b.tsv", "b.csv", "b.jsonl" };
    for (size_t i = 0; i < 3; i++) {
        assert_refused(state, names[i], (slice){ gzip, sizeof gzip - 1 }, BERT_FORMAT,
                       ": is packed by gzip; unpack it (gunzip), or name the file .gz");
        assert_refused(state, names[i], (slice){ archive, sizeof archive - 1 }, BERT_FORMAT,
                       ":1: a NUL at byte 6 of the line; is this a text file?");
        assert_refused(state, "end.tsv", (slice){ "a\nb\n\0\0", 6 }, BERT_FORMAT,
                       "end.tsv:3: a NUL at byte 1 of the line; is this a text file?");
    }
}

static void a_file_without_rows_is_refused(void **state)
{
    const char *const names[] = { "e.tsv", "e.csv", "e.jsonl" };
    for (size_t i = 0; i < 3; i++) {
        assert_refused(state, names[i], slice_of(""), BERT_DATA, "is empty; rows with a header");
        char words[64];
        snprintf(words, sizeof words, "%s%s", names[i], i < 2 ? ":1: is empty" : ": has no rows");
        assert_refused(state, names[i], slice_of("\n\r\n"), BERT_DATA, words);
        assert_refused(state, names[i], slice_of("\xEF\xBB\xBF"), BERT_DATA,
                       "is empty; rows with a header");
    }
    assert_refused(state, "e.tsv", slice_of("a\tb\n\n"), BERT_DATA,
                   "names columns but has no rows");
    assert_refused(state, "e.csv", slice_of("a,b\n\n"), BERT_DATA, "names columns but has no rows");
    assert_refused(state, "e.jsonl", slice_of("\n{}\n"), BERT_DATA,
                   "e.jsonl:2: the first object is empty");
}

static void a_column_named_twice_is_refused(void **state)
{
    assert_refused(state, "c.tsv", slice_of("a\tb\ta\n1\t2\t3\n"), BERT_DATA,
                   "c.tsv:1: two columns, 1 and 3, have the name 'a'");
    assert_refused(state, "c.jsonl", slice_of("{\"a\":1,\"a\":2}\n"), BERT_FORMAT,
                   "duplicate object key");
}

static void a_header_among_the_rows_is_refused(void **state)
{
    assert_refused(state, "h.tsv", slice_of("a\tb\n1\t2\na\tb\n"), BERT_DATA,
                   "h.tsv:3: repeats the header");
    assert_refused(state, "h.csv", slice_of("a,b\n\"a\",b\n"), BERT_DATA,
                   "h.csv:2: repeats the header");
    assert_read(state, "h.tsv", "a\nb\na\n", "a;2:b;3:a;");
    assert_read(state, "h.tsv", "a\tb\na\tc\n", "a|b;2:a|c;");
}

static void columns_without_a_name_are_never_found(void **state)
{
    assert_read(state, "c.csv", "text,label,,\na,b,,\n", "text|label||;2:a|b||;");
    assert_read(state, "c.tsv", "\ttext\t\n0\ta\t\n", "|text|;2:0|a|;");
    assert_refused(state, "c.csv", slice_of("text,label,,\na,b\n"), BERT_FORMAT,
                   "c.csv:2: 2 fields where the header has 4 (text, label, (unnamed), (unnamed))");
    table *t;
    size_t column;
    assert_done(table_open(scratch_text(state, "c.csv", "text,\na,b\n"), &t));
    assert_false(table_find(t, "", &column));
    assert_failed(table_require(t, "", &column), BERT_DATA,
                  "no column ''; the columns are: text, (unnamed)");
    table_free(t);
}

static void what_is_no_text_in_a_jsonl_is_named(void **state)
{
    static const char *const wanted[] = { NULL,   NULL,    NULL,   "a list", "an object",
                                          "true", "false", "null", NULL };
    table *t;
    bool more;
    assert_done(table_open(scratch_text(state, "k.jsonl",
                                        "{\"a\":\"x\",\"b\":1,\"c\":0.5,\"d\":[],\"e\":{},"
                                        "\"f\":true,\"g\":false,\"h\":null,\"i\":0}\n{}\n"),
                           &t));
    for (int row = 0; row < 2; row++) {
        assert_done(table_next(t, &more));
        for (size_t i = 0; i < 9; i++) {
            const char *got = table_no_text(t, i);
            assert_string_equal(got ? got : "", row == 0 && wanted[i] ? wanted[i] : "");
        }
    }
    table_free(t);
    assert_done(table_open(scratch_text(state, "k.csv", "a\n[1]\n"), &t));
    assert_done(table_next(t, &more));
    assert_null(table_no_text(t, 0));
    table_free(t);
}

static void lines_end_in_lf_or_in_cr(void **state)
{
    static const char *const names[] = { "e.tsv", "e.csv" };
    for (size_t i = 0; i < 2; i++) {
        assert_read(state, names[i], "id\r1\r2\r", "id;2:1;3:2;");
        assert_read(state, names[i], "id\r1\r\r2", i ? "id;2:1;4:2;" : "id;2:1;3:;4:2;");
    }
    assert_read(state, "e.csv", "id,t\r\r\n1,a\r\r\n\r\r\n2,b\r\r\n", "id|t;2:1|a;4:2|b;");
    assert_read(state, "e.csv", "id\r\n\r\n1\r\n", "id;3:1;");
    assert_read(state, "e.tsv", "id\ttext\r\r\n1\ta\r\r\n", "id|text;2:1|a;");
    assert_read(state, "e.jsonl", "{\"t\":1}\r{\"t\":2}\r\r{\"t\":3}", "t;1:1;2:2;4:3;");
    assert_read(state, "e.jsonl", "{\"t\":1}\r\r\n{\"t\":2}\r\r\n", "t;1:1;2:2;");
    assert_refused(state, "e.tsv", slice_of("id\r1\r2\n3\n"), BERT_FORMAT,
                   "e.tsv:3: the line ends in LF where those before it end in CR");
}

static void a_line_that_is_no_object_is_refused(void **state)
{
    assert_refused(state, "j.jsonl", slice_of("{\"a\":1}\n[1]\n"), BERT_FORMAT,
                   "j.jsonl:2: every line must hold one JSON object");
    assert_refused(state, "j.jsonl", slice_of("[\n{\"a\":1}\n]\n"), BERT_FORMAT,
                   "j.jsonl:1: every line must hold one JSON object");
    assert_refused(state, "j.jsonl", slice_of("{\"a\":1}\n\n{\"a\":}\n"), BERT_FORMAT,
                   "j.jsonl:3:6: not JSON:");
    assert_refused(state, "j.jsonl", slice_of("{\"a\":1} {\"a\":2}\n"), BERT_FORMAT, "j.jsonl:1:");
    assert_refused(state, "j.jsonl", slice_of("{\"a\":99999999999999999999}\n"), BERT_FORMAT,
                   "j.jsonl:1:25: the number before is too big; write it as a string");
}

static void a_path_that_is_no_table_is_told_why(void **state)
{
    table *t = NULL;
    assert_failed(table_open(scratch_text(state, "notes.txt", "a\n1\n"), &t), BERT_FORMAT,
                  "notes.txt: not a table; its name must end in .tsv, .csv or .jsonl");
    assert_failed(table_open("dir.tsv/file", &t), BERT_FORMAT, "not a table");
    assert_failed(table_open(scratch_path(state, "none.tsv"), &t), BERT_IO,
                  "none.tsv: cannot open: No such file or directory");
    const char *folder = scratch_path(state, "folder.csv");
    assert_done(folder_make(folder));
    assert_failed(table_open(folder, &t), BERT_IO, "folder.csv: is not a regular file");
    assert_null(t);
    assert_true(table_is_kind("a.csv") && table_is_kind("b/c.JSONL") && table_is_kind("x.y.tsv"));
    assert_true(table_is_kind("a.tsv.gz") && table_is_kind("a.JSONL.GZ"));
    assert_false(table_is_kind("csv") || table_is_kind("a.gz") || table_is_kind("") ||
                 table_is_kind("a.csv/b"));
}

static void a_column_that_is_not_there_is_answered_with_those_that_are(void **state)
{
    table *t;
    size_t column = 9;
    assert_done(table_open(scratch_text(state, "r.tsv", "id\ttext\tlabel\n1\ta\tb\n"), &t));
    assert_failed(table_require(t, "lable", &column), BERT_DATA,
                  "r.tsv: no column 'lable' (is 'label' meant?); the columns are: id, text, label");
    assert_failed(table_require(t, "TEXTS", &column), BERT_DATA, "(is 'text' meant?)");
    assert_failed(table_require(t, "sentence", &column), BERT_DATA,
                  "r.tsv: no column 'sentence'; the columns are: id, text, label");
    assert_failed(table_require(t, "", &column), BERT_DATA, "no column ''; the columns");
    assert_int_equal(column, 9);
    assert_done(table_require(t, "text", &column));
    assert_int_equal(column, 1);
    char names[10];
    table_list_columns(t, names, sizeof names);
    assert_string_equal(names, "id, ...");
    table_free(t);
}

static void case_and_blanks_count_only_where_names_differ_by_them(void **state)
{
    table *t;
    size_t column = 9;
    assert_done(
        table_open(scratch_text(state, "c.csv", "Text, Label ,text,ID,id \n1,2,3,4,5\n"), &t));
    assert_true(table_find(t, "text", &column) && column == 2);
    assert_true(table_find(t, "Text", &column) && column == 0);
    assert_true(table_find(t, "label", &column) && column == 1);
    assert_true(table_find(t, " LABEL", &column) && column == 1);
    assert_false(table_find_exact(t, "label", &column));
    assert_false(table_find(t, "TEXT", &column)); /* which of the two? */
    assert_false(table_find(t, "Id", &column));
    assert_false(table_find(t, "", &column) || table_find(t, " ", &column));
    table_free(t);
}

static void a_column_is_taken_for_one_thing(void **state)
{
    table *t;
    size_t column = 9;
    assert_done(table_open(scratch_text(state, "t.tsv", "id\tText\tlabel\n1\ta\tb\n"), &t));
    assert_done(table_take(t, "text", &column));
    assert_int_equal(column, 1);
    assert_true(table_is_taken(t, 1));
    assert_false(table_is_taken(t, 2));
    assert_failed(table_take(t, "Text", &column), BERT_ARGUMENT,
                  "t.tsv: the column 'Text' is asked for twice");
    assert_failed(table_take(t, "none", &column), BERT_DATA, "t.tsv: no column 'none'");
    assert_done(table_take(t, "label", &column));
    table_free(t);
}

static void a_header_with_another_separator_is_told(void **state)
{
    static const struct {
        const char *name, *text, *words;
    } cases[] = {
        { "a.csv", "text;label\na;b\n",
          "a.csv: no column 'text'; the header is one column, 'text;label'; separated by ';'? save "
          "it with commas" },
        { "b.csv", "text\tlabel\na\tb\n", "separated by tabs? name it .tsv" },
        { "c.tsv", "text;label\na;b\n", "separated by ';'? save it with tabs" },
        { "d.tsv", "text,label\na,b\n", "separated by commas? name it .csv" },
        { "h.csv", "text|label\na|b\n", "separated by '|'? save it with commas" },
        { "i.tsv", "text|label\na|b\n", "separated by '|'? save it with tabs" },
        { "e.csv", "words;more,label\na;b,c\n",
          "no column 'text'; the columns are: words;more, label" },
        { "f.csv", "words\na;b\n", "no column 'text'; the columns are: words" },
        { "g.jsonl", "{\"a;b\":1}\n", "no column 'text'; the columns are: a;b" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        table *t;
        size_t column;
        assert_done(table_open(scratch_text(state, cases[i].name, cases[i].text), &t));
        assert_failed(table_require(t, "text", &column), BERT_DATA, cases[i].words);
        table_free(t);
    }
    assert_refused(state, "r.csv", slice_of("text;label\na, b;c\n"), BERT_FORMAT,
                   "r.csv:2: 2 fields where the header has 1 (text;label); separated by ';'?");
}

/* One field as a writer of RFC 4180 puts it, quoted where it must be and here and there besides. */
static void field_put(FILE *stream, const char *text, bool quote)
{
    if (!quote && !strpbrk(text, "\",\r\n")) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text; text++) fputs(*text == '"' ? "\"\"" : (char[]){ *text, '\0' }, stream);
    fputc('"', stream);
}

static void random_text(rng_block draw, char *out)
{
    static const char letters[] = "ab \"\",\n\r\t;";
    size_t count = draw.word[0] % 9;
    for (size_t i = 0; i < count; i++)
        out[i] = letters[(draw.word[1 + i % 3] >> (4 * (i / 3))) % (sizeof letters - 1)];
    out[count] = '\0';
}

static void random_csv_tables_read_back(void **state)
{
    enum { COLUMNS = 3, ROWS = 20 };
    for (uint64_t seed = 0; seed < 300; seed++) {
        char texts[ROWS][COLUMNS][16], *bytes = NULL;
        size_t count;
        FILE *stream = open_memstream(&bytes, &count);
        assert_non_null(stream);
        const char *end = seed % 3 == 0 ? "\n" : seed % 3 == 1 ? "\r\n" : "\r";
        fprintf(stream, "a,b,c%s", end);
        for (uint32_t row = 0; row < ROWS; row++) {
            for (uint32_t column = 0; column < COLUMNS; column++) {
                rng_block draw = rng_philox(rng_key(5, seed), (rng_block){ { row, column } });
                random_text(draw, texts[row][column]);
                if (column) fputc(',', stream);
                field_put(stream, texts[row][column], draw.word[3] >> 31);
            }
            fputs(row + 1 < ROWS || seed % 2 ? end : "", stream);
        }
        fclose(stream);

        table *t;
        bool more;
        assert_done(table_open(scratch_write(state, "r.csv", (slice){ bytes, count }), &t));
        for (size_t row = 0; row < ROWS; row++) {
            assert_done(table_next(t, &more));
            assert_true(more);
            for (size_t column = 0; column < COLUMNS; column++)
                assert_true(slice_equal(table_field(t, column), slice_of(texts[row][column])));
        }
        assert_done(table_next(t, &more));
        assert_false(more);
        table_free(t);
        free(bytes);
    }
}

static void a_field_longer_than_a_piece_is_whole(void **state)
{
    enum { LENGTH = 300000 };
    char *bytes = malloc(LENGTH + 64);
    assert_non_null(bytes);
    strcpy(bytes, "a,b\n1,\"");
    size_t begin = strlen(bytes);
    for (size_t i = 0; i < LENGTH; i++) bytes[begin + i] = (char)('a' + i % 25);
    strcpy(bytes + begin + LENGTH, "\"\n2,y\n");
    table *t;
    bool more;
    assert_done(table_open(scratch_text(state, "long.csv", bytes), &t));
    assert_done(table_next(t, &more));
    assert_true(slice_equal(table_field(t, 1), (slice){ bytes + begin, LENGTH }));
    assert_done(table_next(t, &more));
    assert_int_equal(table_line(t), 3);
    table_free(t);
    free(bytes);
}

static void damaged_files_never_break_a_reader(void **state)
{
    static const struct {
        const char *name, *text;
    } files[] = {
        { "d.tsv", "id\ttext\tlabel\r\n1\tcaf\xC3\xA9\ta\n2\t\"x\"\tb\n3\t\t\n" },
        { "d.csv", "id,text,label\r\n1,\"caf\xC3\xA9, \"\"x\"\"\",a\n2,\"x\ny\",b\n3,,\n" },
        { "d.jsonl", "{\"id\":1,\"text\":\"caf\xC3\xA9\",\"label\":0.5}\n\n"
                     "{\"id\":[2,{}],\"text\":\"\\u0000\\n\",\"label\":true}\n" },
    };
    for (size_t i = 0; i < 3; i++) {
        char damaged[256];
        size_t refused = 0;
        for (uint64_t seed = 0; seed < 3000; seed++) {
            size_t count = bytes_damage(slice_of(files[i].text), seed, damaged);
            char *text = NULL;
            slice bytes = { damaged, count };
            refused += table_render(scratch_write(state, files[i].name, bytes), &text) != BERT_OK;
            free(text);
        }
        assert_in_range(refused, 500, 2999);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tsv_is_split_on_tabs_and_nothing_else),
        cmocka_unit_test(a_csv_is_what_rfc_4180_says),
        cmocka_unit_test(line_numbers_are_right_where_fields_hold_line_ends),
        cmocka_unit_test(a_jsonl_has_the_keys_of_its_first_object),
        cmocka_unit_test(an_escaped_nul_in_a_jsonl_is_text),
        cmocka_unit_test(fields_that_do_not_fit_the_header_are_told_with_the_columns),
        cmocka_unit_test(broken_quotes_are_told_with_their_place),
        cmocka_unit_test(text_that_is_not_utf8_is_told_with_its_place),
        cmocka_unit_test(a_binary_file_is_no_table),
        cmocka_unit_test(a_file_without_rows_is_refused),
        cmocka_unit_test(a_column_named_twice_is_refused),
        cmocka_unit_test(a_header_among_the_rows_is_refused),
        cmocka_unit_test(columns_without_a_name_are_never_found),
        cmocka_unit_test(what_is_no_text_in_a_jsonl_is_named),
        cmocka_unit_test(lines_end_in_lf_or_in_cr),
        cmocka_unit_test(a_line_that_is_no_object_is_refused),
        cmocka_unit_test(a_path_that_is_no_table_is_told_why),
        cmocka_unit_test(a_column_that_is_not_there_is_answered_with_those_that_are),
        cmocka_unit_test(case_and_blanks_count_only_where_names_differ_by_them),
        cmocka_unit_test(a_column_is_taken_for_one_thing),
        cmocka_unit_test(a_header_with_another_separator_is_told),
        cmocka_unit_test(random_csv_tables_read_back),
        cmocka_unit_test(a_field_longer_than_a_piece_is_whole),
        cmocka_unit_test(damaged_files_never_break_a_reader),
    };
    return cmocka_run_group_tests(tests, scratch_open, scratch_close);
}
