/* options.c: the list of options, and reading a command line by it. */
#include "options.h"
#include "report.h"

#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A line whose field has not its kind's type does not compile. */
typedef text_list bert_field_TEXTS, bert_field_FILES;
#define OPTION(owner, ...)
#define PROGRAM_OPTION(kind, field, name, ...)                                                     \
    _Static_assert(BERT_OPTION_FITS(settings, field, kind),                                        \
                   "--" name ": the field's type is not the kind's");
#include "bert_options.def"

const option_entry option_table[] = {
#define ENTRY(kind, place, name, value, bounds, absent, field, commands, help)                     \
    { { BERT_OPTION_##kind, name, value, bounds, absent, field },                                  \
      "--" name,                                                                                   \
      offsetof(settings, place),                                                                   \
      commands,                                                                                    \
      help },
#define OPTION(owner, kind, field, name, value, bounds, usual, absent, record, commands, help)     \
    ENTRY(kind, owner.field, name, value, bounds, absent, #field, commands, help)
#define PROGRAM_OPTION(kind, field, name, value, bounds, absent, commands, help)                   \
    ENTRY(kind, field, name, value, bounds, absent, #field, commands, help)
#define HEADING(title) { .help = title },
#include "bert_options.def"
};
const size_t option_count = sizeof option_table / sizeof *option_table;

/* The library's messages call a field by its option. */
const char *bert_field_name(const char *field)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].commands && strcmp(option_table[i].form.field, field) == 0)
            return option_table[i].typed;
    return field;
}

const command_entry command_table[COMMAND_COUNT] = {
#define COMMAND(name, BIT, usage, least, most, help) { #name, usage, least, most, help },
#include "commands.def"
#undef COMMAND
};

settings settings_default(void)
{
    return (settings){
        .train = bert_train_options_default(),
        .evaluate = bert_evaluate_options_default(),
        .convert = bert_convert_options_default(),
        .session = bert_session_options_default(),
        .task = bert_task_options_default(),
    };
}

void settings_release(settings *s)
{
    free(s->train_files.items);
    free(s->data_files.items);
    free(s->keep.items);
    for (size_t i = 0; i < 2; i++) bert_text_free(s->models[i]);
    free(s->command_line);
}

/* What getopt_long() returns for the entries of option_table, past every letter. */
enum { OPTION_BASE = 256, OPTION_LONG_MAX = 64 };

static void long_options_fill(unsigned command_bit, struct option *out)
{
    size_t count = 0;
    out[count++] = (struct option){ "help", no_argument, NULL, 'h' };
    for (size_t i = 0; i < option_count; i++) {
        if (!(option_table[i].commands & command_bit)) continue;
        const bert_option *form = &option_table[i].form;
        int has_value = *form->value ? required_argument : no_argument;
        out[count++] = (struct option){ form->name, has_value, NULL, OPTION_BASE + (int)i };
    }
    out[count] = (struct option){ NULL, 0, NULL, 0 };
}

/* `word` as typed: "--name", "--name=value" or "-n". Unknown, or the beginning of several names. */
static void refuse_option(command_index command, const struct option *known, const char *word)
{
    const char *dashless = word + strspn(word, "-");
    int count = (int)strcspn(dashless, "=");
    char name[64];
    if (snprintf(name, sizeof name, "%.*s", count, dashless) >= (int)sizeof name) *name = '\0';

    const char *nearest = NULL;
    size_t nearest_distance = 3, beginnings = 0;
    for (size_t i = 0; known[i].name; i++) {
        beginnings += *name && strncmp(known[i].name, name, strlen(name)) == 0;
        size_t distance = word_distance(name, known[i].name);
        if (distance >= nearest_distance || distance >= strlen(name)) continue;
        nearest = known[i].name;
        nearest_distance = distance;
    }
    bool is_long = strncmp(word, "--", 2) == 0;
    size_t shown = is_long ? strlen(word) : 2; /* of several letters the first */
    while (!is_long && ((unsigned char)word[shown] & 0xC0) == 0x80) shown++;
    if (is_long && beginnings > 1)
        wrong_use(command, "--%s is the beginning of several options", name);
    else if (nearest)
        wrong_use(command, "unknown option %s; did you mean --%s?", word, nearest);
    else
        wrong_use(command, "unknown option %.*s", (int)shown, word);
}

/* What getopt_long() has stopped at: past a long option, but within letters that stand together. */
static const char *unknown_word(char **argv)
{
    const char *last = argv[optind - 1];
    bool within = optopt && !(last[0] == '-' && last[1] == (char)optopt && !last[2]);
    return within ? argv[optind] : last;
}

static void *field_of(const option_entry *option, settings *s)
{
    return (char *)s + option->place;
}

static bool list_add(text_list *list, const char *text)
{
    const char **grown = realloc(list->items, (list->count + 1) * sizeof *grown);
    if (!grown) {
        complain("memory is exhausted");
        list->exhausted = true;
        return false;
    }
    grown[list->count++] = text;
    list->items = grown;
    return true;
}

/* false: the reason has been said. `text` is NULL for a flag. */
static bool value_take(command_index command, const option_entry *option, const char *text,
                       settings *out)
{
    bool is_list = option->form.kind == BERT_OPTION_TEXTS || option->form.kind == BERT_OPTION_FILES;
    const char *item;
    if (bert_option_read(&option->form, text, is_list ? (void *)&item : field_of(option, out)) !=
        BERT_OK) {
        wrong_use(command, "%s", bert_error());
        return false;
    }
    return !is_list || list_add(field_of(option, out), item);
}

static bool operand_take(command_index command, settings *s, const char *word, text_list *files)
{
    if (!*word) {
        wrong_use(command, "a word is empty; it takes %s", command_table[command].usage);
        return false;
    }
    /* MODEL comes first, whatever option stands before it; only then do words after a list of
     * files belong to that list. */
    if (files && s->operand_count > 0) return list_add(files, word);
    if (s->operand_count == command_table[command].operands_most) {
        wrong_use(command, "unexpected word '%s'", word);
        return false;
    }
    s->operands[s->operand_count++] = word;
    return true;
}

static bool complete(command_index command, const settings *s)
{
    if (s->print_options) return true;
    if (s->operand_count < command_table[command].operands_least) {
        const char *missing = command_table[command].usage;
        for (size_t i = 0; i < s->operand_count; i++) missing += strcspn(missing, " ") + 1;
        wrong_use(command, "needs %.*s", (int)strcspn(missing, " "), missing);
        return false;
    }
    for (size_t i = 0; i < option_count; i++) {
        const option_entry *option = &option_table[i];
        char value[64];
        if (!(option->commands & 1u << command) || option->form.absent != bert_option_required)
            continue;
        option_value_text(option, s, value, sizeof value);
        bool unused = s->train.dry_run && option->place == offsetof(settings, train.output);
        if (*value || unused) continue;
        wrong_use(command, "needs --%s %s", option->form.name, option->form.value);
        return false;
    }
    return true;
}

parse_outcome options_parse(command_index command, int argc, char **argv, settings *out)
{
    struct option known[OPTION_LONG_MAX];
    long_options_fill(1u << command, known);
    text_list *files = NULL; /* the list that the words to come belong to */

    opterr = 0;
    optind = 0;
    for (int found; (found = getopt_long(argc, argv, "-:h", known, NULL)) != -1;) {
        const char *word = argv[optind - 1];
        const option_entry *option =
            found >= OPTION_BASE ? &option_table[found - OPTION_BASE] : NULL;
        if (found == 'h') return PARSE_HELP;
        if (found == 1) {
            if (!operand_take(command, out, optarg, files)) return PARSE_WRONG;
            continue;
        }
        if (found == ':') {
            wrong_use(command, "%s needs a value", word);
            return PARSE_WRONG;
        }
        if (!option && optopt >= OPTION_BASE) {
            wrong_use(command, "--%s takes no value", option_table[optopt - OPTION_BASE].form.name);
            return PARSE_WRONG;
        }
        if (!option) {
            refuse_option(command, known, unknown_word(argv));
            return PARSE_WRONG;
        }
        if (!value_take(command, option, optarg, out)) return PARSE_WRONG;
        files = option->form.kind == BERT_OPTION_FILES ? field_of(option, out) : NULL;
    }
    for (; optind < argc; optind++) /* what follows "--" */
        if (!operand_take(command, out, argv[optind], NULL)) return PARSE_WRONG;
    return complete(command, out) ? PARSE_RUN : PARSE_WRONG;
}
