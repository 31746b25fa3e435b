#include "hints.h"
#include "bert_words.h"
#include "options.h"
#include "report.h"

#include <ctype.h>
#include <string.h>

typedef struct hint {
    const char *names, *meant, *more;
} hint;

static const hint option_hints[] = {
#define OPTION_HINT(names, option, more) { names, option, more },
#include "hints.def"
};

static const hint command_hints[] = {
#define COMMAND_HINT(names, command, more) { names, command, more },
#include "hints.def"
};

enum { OPTION_HINTS = sizeof option_hints / sizeof *option_hints };
enum { COMMAND_HINTS = sizeof command_hints / sizeof *command_hints };

/* ---- words */

/* "Learning_Rate" as "learning-rate"; "" if it is longer than any name. */
static void name_fold(const char *word, size_t count, char out[BERT_WORD_BYTES_MAX + 1])
{
    if (count > BERT_WORD_BYTES_MAX) count = 0;
    for (size_t i = 0; i < count; i++)
        out[i] = word[i] == '_' ? '-' : (char)tolower((unsigned char)word[i]);
    out[count] = '\0';
}

/* Is `name` one of "one|two"? */
static bool names_have(const char *names, const char *name)
{
    size_t count = strlen(name);
    for (const char *at = names; *at; at += strcspn(at, "|"), at += *at == '|')
        if (strcspn(at, "|") == count && memcmp(at, name, count) == 0) return true;
    return false;
}

/* ---- options */

/* An option of any of the commands; NULL: there is none of that name. */
static const option_entry *option_find(const char *name, unsigned commands)
{
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].commands & commands && strcmp(option_table[i].form.name, name) == 0)
            return &option_table[i];
    return NULL;
}

static const hint *option_hint_find(command_index command, const char *name)
{
    const hint *without = NULL, *of_others = NULL;
    for (const hint *h = option_hints; h < option_hints + OPTION_HINTS; h++) {
        if (!names_have(h->names, name)) continue;
        if (*h->meant && option_find(h->meant, 1u << command)) return h;
        if (*h->meant && !of_others) of_others = h;
        if (!*h->meant && !without) without = h;
    }
    return without ? without : of_others;
}

/* "--learning-rate RATE" */
static const char *option_shown(const option_entry *option, char out[BERT_WORD_BYTES_MAX + 1])
{
    const bert_option *form = &option->form;
    snprintf(out, BERT_WORD_BYTES_MAX + 1, "--%s%s%s", form->name, *form->value ? " " : "",
             form->value);
    return out;
}

/* "train, evaluate": the commands that have an option of that name. */
static void takers_list(const char *name, char *out, size_t capacity)
{
    size_t used = 0;
    for (int i = 0; i < COMMAND_COUNT && used < capacity; i++)
        if (option_find(name, 1u << i))
            used += (size_t)snprintf(out + used, capacity - used, "%s%s", used ? ", " : "",
                                     command_table[i].name);
}

/* Says what the name stands for here; false: nothing is known of it. */
static bool option_explain(command_index command, const char *word, int count, const char *name)
{
    const hint same = { "", name, "" }, *h = option_hint_find(command, name);
    bool of_others = !h || (*h->meant && !option_find(h->meant, 1u << command));
    if (option_find(name, of_others ? EVERY_COMMAND : 1u << command)) h = &same;
    char shown[BERT_WORD_BYTES_MAX + 1], takers[128];
    if (!h || !*name) return false;
    const option_entry *here = option_find(h->meant, 1u << command),
                       *anywhere = option_find(h->meant, EVERY_COMMAND);
    if (!*h->meant) {
        wrong_use(command, "unknown option %.*s; %s", count, word, h->more);
    } else if (here) {
        wrong_use(command, "unknown option %.*s; it is %s here%s%s", count, word,
                  option_shown(here, shown), *h->more ? ": " : "", h->more);
    } else {
        takers_list(h->meant, takers, sizeof takers);
        wrong_use(command, "unknown option %.*s; it is %s, of %s", count, word,
                  option_shown(anywhere, shown), takers);
    }
    return true;
}

/* The option of the command that the name is most like; NULL: it is like none. *beginnings: how
 * many options begin so. */
static const char *option_nearest(command_index command, const char *name, size_t *beginnings)
{
    const char *nearest = bert_word_distance(name, "help") < 3 ? "help" : NULL;
    size_t nearest_distance = nearest ? bert_word_distance(name, nearest) : 3;
    *beginnings = 0;
    for (size_t i = 0; i < option_count; i++) {
        const option_entry *option = &option_table[i];
        if (!(option->commands & 1u << command)) continue;
        *beginnings += *name && strncmp(option->form.name, name, strlen(name)) == 0;
        size_t distance = bert_word_distance(name, option->form.name);
        if (distance >= nearest_distance || distance >= strlen(name)) continue;
        nearest = option->form.name;
        nearest_distance = distance;
    }
    return nearest;
}

int refuse_option(command_index command, const char *word)
{
    const char *dashless = word + strspn(word, "-");
    char name[BERT_WORD_BYTES_MAX + 1], letter[2] = { *dashless };
    name_fold(dashless, strcspn(dashless, "="), name);
    bool is_long = strncmp(word, "--", 2) == 0;
    int all = (int)strlen(word), shown = 2; /* of several letters the first */
    while (!is_long && ((unsigned char)word[shown] & 0xC0) == 0x80) shown++;

    size_t beginnings;
    const char *nearest = option_nearest(command, name, &beginnings);
    if (option_explain(command, word, all, name)) return EXIT_WRONG_USE;
    if (is_long && beginnings > 1)
        return wrong_use(command, "--%s is the beginning of several options", name);
    if (nearest) return wrong_use(command, "unknown option %s; did you mean --%s?", word, nearest);
    if (!is_long && option_explain(command, word, shown, letter)) return EXIT_WRONG_USE;
    return wrong_use(command, "unknown option %.*s", is_long ? all : shown, word);
}

/* ---- commands */

int refuse_command(const char *word)
{
    static const char *const options[] = { "--version", "--help" };
    const char *kind = *word == '-' ? "option" : "command", *nearest = NULL;
    size_t nearest_distance = 4;
    char name[BERT_WORD_BYTES_MAX + 1];
    name_fold(word, strlen(word), name);
    for (size_t i = 0; i < COMMAND_COUNT + 2; i++) {
        const char *known = i < COMMAND_COUNT ? command_table[i].name : options[i - COMMAND_COUNT];
        size_t distance = bert_word_distance(word, known);
        if (distance >= nearest_distance || distance >= strlen(word)) continue;
        nearest = known;
        nearest_distance = distance;
    }
    const hint *h = command_hints;
    while (h < command_hints + COMMAND_HINTS && !names_have(h->names, name)) h++;
    if (h < command_hints + COMMAND_HINTS)
        complain("unknown %s %s; %s%s%s%s%s", kind, word, *h->meant ? "it is " : "", h->meant,
                 *h->meant ? " here" : "", *h->meant && *h->more ? ": " : "", h->more);
    else if (nearest)
        complain("unknown %s %s; did you mean %s?", kind, word, nearest);
    else if (*word == '-')
        complain("unknown option %s; a command comes first, as in bert train", word);
    else
        complain("unknown command %s", word);
    fputs("Try 'bert --help'.\n", stderr);
    return EXIT_WRONG_USE;
}
