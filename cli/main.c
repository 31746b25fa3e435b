/* main.c: picks the command.
 *
 * Results go to standard output, everything else to standard error. Exit 0 done, 1 failed, 2 wrong
 * use. Where things are:
 *   commands.def                the commands; include/bert_options.def has the options
 *   options, help               argv to settings, and back to text
 *   hints.def                   what other programs call an option or a command
 *   train, evaluate, info       a command each
 *   predict, embed, tokenize    a command each, over answers (the loop), inputs and lines
 *   pull, models                names of the Hub become folders
 *   report, progress, watch     what a person is told while it runs */
#include "commands.h"
#include "help.h"
#include "hints.h"
#include "lost_file.h"
#include "models.h"
#include "options.h"
#include "report.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int command_run(const settings *s);

static command_run *const command_runs[COMMAND_COUNT] = {
#define COMMAND(name, ...) command_##name,
#include "commands.def"
#undef COMMAND
};

static int version_print(void)
{
    printf("bert %s\nkernels %s, matrix products %s\n", bert_version(), bert_instruction_set(),
           bert_matrix_library());
    return EXIT_DONE;
}

/* COMMAND_COUNT: there is none of that name. */
static int command_find(const char *name)
{
    int i = 0;
    while (i < COMMAND_COUNT && strcmp(name, command_table[i].name) != 0) i++;
    return i;
}

/* "bert help", "bert help train". */
static int help(const char *name)
{
    int command = name ? command_find(name) : COMMAND_COUNT;
    if (name && command == COMMAND_COUNT) return refuse_command(name);
    if (name)
        help_print_command(command, stdout);
    else
        help_print(stdout);
    return EXIT_DONE;
}

/* Writes a word as a shell reads it back, and returns its end: 'it'\''s' where anything in it could
 * mean something else. At most 4 bytes for one of the word's, and 2 more. */
static char *word_quote(const char *word, char *at)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:,=@%+";
    if (*word && !word[strspn(word, plain)]) return stpcpy(at, word);
    *at++ = '\'';
    for (; *word; word++) {
        if (*word == '\'')
            at = stpcpy(at, "'\\''");
        else
            *at++ = *word;
    }
    return stpcpy(at, "'");
}

/* The words as typed, to be read in run.json and pasted into a shell. */
static char *command_line_join(int argc, char **argv)
{
    size_t bytes = 1;
    for (int i = 0; i < argc; i++) bytes += 4 * strlen(argv[i]) + 3;
    char *joined = malloc(bytes), *at = joined;
    for (int i = 0; joined && i < argc; i++) {
        if (i) *at++ = ' ';
        at = word_quote(argv[i], at);
    }
    return joined;
}

static int command_start(command_index command, int argc, char **argv)
{
    settings s = settings_default();
    s.command_line = command_line_join(argc, argv);
    int status = EXIT_WRONG_USE;
    switch (options_parse(command, argc - 1, argv + 1, &s)) {
    case PARSE_RUN:
        status = models_find(command, &s);
        if (status == EXIT_DONE) status = command_runs[command](&s);
        break;
    case PARSE_HELP:
        help_print_command(command, stdout);
        status = EXIT_DONE;
        break;
    case PARSE_WRONG:
        if (s.train_files.exhausted || s.data_files.exhausted || s.keep.exhausted)
            status = EXIT_FAILED;
        break;
    }
    settings_release(&s);
    return status;
}

static int start(int argc, char **argv)
{
    if (argc < 2) {
        help_print(stderr);
        return EXIT_WRONG_USE;
    }
    int command = command_find(argv[1]);
    if (command < COMMAND_COUNT) return command_start(command, argc, argv);
    if (strcmp(argv[1], "--version") == 0) return version_print();
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) return help(NULL);
    if (strcmp(argv[1], "help") == 0) return help(argc > 2 ? argv[2] : NULL);
    return refuse_command(argv[1]);
}

/* The number of a standard stream that is closed would go to the next file that is opened, and what
 * is printed into that file. It goes to one that fails to be read, or written, as a closed one. */
static void closed_streams_hold(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0)
            (void)!open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
    closed_streams_hold();
    lost_file_watch();
    signal(SIGXFSZ, SIG_IGN); /* past 'ulimit -f' a write fails with EFBIG, which is told */
    int status = start(argc, argv);
    /* A full disk may only show when the last of the output is written. */
    if (status == EXIT_DONE && !output_flush()) status = EXIT_FAILED;
    return status;
}
