/* options.c: the list of options, and reading a command line by it. */
#include "options.h"
#include "hints.h"
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
        .columns = bert_columns_default(),
        .task = bert_task_options_default(),
    };
}

bert_train_options settings_train(const settings *s)
{
    bert_train_options options = s->train;
    options.model = s->operands[0];
    options.train = s->train_files.items;
    options.train_count = s->train_files.count;
    options.columns = &s->columns;
    options.task_options = &s->task;
    options.command_line = s->command_line;
    return options;
}

bert_evaluate_options settings_evaluate(const settings *s)
{
    bert_evaluate_options options = s->evaluate;
    options.data = s->data_files.items;
    options.data_count = s->data_files.count;
    options.columns = &s->columns;
    options.task_options = &s->task;
    return options;
}

void settings_release(settings *s)
{
    free(s->train_files.items);
    free(s->data_files.items);
    free(s->keep.items);
    for (size_t i = 0; i < 2; i++) bert_free(s->models[i]);
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

/* What getopt_long() has stopped at: past a long option, but within letters that stand together. */
static const char *unknown_word(char **argv)
{
    const char *last = argv[optind - 1];
    bool within = optopt && !(last[0] == '-' && last[1] == (char)optopt && !last[2]);
    return within ? argv[optind] : last;
}

bool option_is_list(const option_entry *option)
{
    return option->form.kind == BERT_OPTION_TEXTS || option->form.kind == BERT_OPTION_FILES;
}

/* Of two values one would be lost. `before`: what was given before this `text`, which takes its
 * place; NULL: nothing, or a flag. */
static bool given_once(command_index command, const option_entry *option, const char *text,
                       const char **before)
{
    if (*before && !option_is_list(option)) {
        wrong_use(command, "--%s is given twice, as '%s' and as '%s'; it takes one value",
                  option->form.name, *before, text);
        return false;
    }
    *before = text;
    return true;
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
    bool is_list = option_is_list(option);
    const char *item;
    if (bert_option_read(&option->form, text, is_list ? (void *)&item : field_of(option, out)) !=
        BERT_OK) {
        wrong_use(command, "%s", bert_error());
        return false;
    }
    return !is_list || list_add(field_of(option, out), item);
}

/* The option of the command that files belong to; NULL: there is none. */
static const char *files_option(command_index command)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].commands & 1u << command &&
            option_table[i].form.kind == BERT_OPTION_FILES)
            return option_table[i].form.name;
    return NULL;
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
        const char *list = files_option(command);
        wrong_use(command, "unexpected word '%s'%s%s", word, list ? "; files stand behind --" : "",
                  list ? list : "");
        return false;
    }
    s->operands[s->operand_count++] = word;
    return true;
}

/* Do the options go together, whatever the files hold? */
static bool consistent(command_index command, const settings *s)
{
    const bert_train_options train = settings_train(s);
    const bert_evaluate_options evaluate = settings_evaluate(s);
    bool evaluates = command == INDEX_EVALUATE || command == INDEX_COMPARE;
    if ((command != INDEX_TRAIN || bert_train_check(&train) == BERT_OK) &&
        (!evaluates || bert_evaluate_check(&evaluate) == BERT_OK))
        return true;
    wrong_use(command, "%s", bert_error());
    return false;
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
    return consistent(command, s);
}

parse_outcome options_parse(command_index command, int argc, char **argv, settings *out)
{
    struct option known[OPTION_LONG_MAX];
    long_options_fill(1u << command, known);
    const char *given[sizeof option_table / sizeof *option_table] = { NULL };
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
            refuse_option(command, unknown_word(argv));
            return PARSE_WRONG;
        }
        if (!given_once(command, option, optarg, &given[option - option_table]) ||
            !value_take(command, option, optarg, out))
            return PARSE_WRONG;
        files = option->form.kind == BERT_OPTION_FILES ? field_of(option, out) : NULL;
    }
    for (; optind < argc; optind++) /* what follows "--" */
        if (!operand_take(command, out, argv[optind], NULL)) return PARSE_WRONG;
    return complete(command, out) ? PARSE_RUN : PARSE_WRONG;
}
