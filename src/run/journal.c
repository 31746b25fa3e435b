#include "run/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bert_status stream_open(const output *o, const char *name, slice before, FILE **out)
{
    char *path;
    TRY(output_path(o, name, &path));
    FILE *stream = fopen(path, "we");
    bert_status status =
        stream ? BERT_OK : fail(BERT_IO, "%s: cannot write: %s", path, strerror(errno));
    free(path);
    if (stream) {
        setvbuf(stream, NULL, _IOLBF, BUFSIZ); /* so that a running one can be followed */
        if (before.count) fwrite(before.bytes, 1, before.count, stream); /* errors are sticky */
        *out = stream;
    }
    return status;
}

bert_status journal_open(const output *o, const journal_text *before, journal *out)
{
    journal j = { 0 };
    bert_status status = stream_open(o, "train_log.jsonl", before->log, &j.log);
    if (status == BERT_OK) status = stream_open(o, "timings.jsonl", before->timings, &j.timings);
    if (status != BERT_OK) {
        if (j.log) fclose(j.log);
        return status;
    }
    *out = j;
    return BERT_OK;
}

bert_status journal_step(journal *j, const bert_event *s)
{
    fprintf(j->log,
            "{\"step\":%zu,\"epoch\":%zu,\"loss\":%.9g,\"learning_rate\":%.9g,\"grad_norm\":%.9g,"
            "\"tokens\":%zu}\n",
            s->step, s->epoch, s->loss, s->learning_rate, s->gradient_norm, s->tokens);
    fprintf(
        j->timings,
        "{\"step\":%zu,\"seconds\":%.6f,\"tokens\":%zu,\"token_pairs\":%zu,\"sequences\":%zu}\n",
        s->step, s->seconds, s->tokens, s->token_pairs, s->sequences);
    if (!ferror(j->log) && !ferror(j->timings)) return BERT_OK;
    return fail(BERT_IO, "step %zu: the run's log cannot be written; is the disk full?", s->step);
}

static bool stream_close(FILE **stream)
{
    if (!*stream) return true;
    bool good = fflush(*stream) == 0 && !ferror(*stream) && fsync(fileno(*stream)) == 0;
    good = fclose(*stream) == 0 && good;
    *stream = NULL;
    return good;
}

bert_status journal_close(journal *j)
{
    bool log = stream_close(&j->log), timings = stream_close(&j->timings);
    if (log && timings) return BERT_OK;
    return fail(BERT_IO, "the run's log cannot be written; is the disk full?");
}

void journal_release(journal *j)
{
    stream_close(&j->log);
    stream_close(&j->timings);
}
