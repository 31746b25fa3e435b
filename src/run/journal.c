#include "run/journal.h"

#include "base/file.h"

#include <errno.h>
#include <unistd.h>

static const char log_name[] = "train_log.jsonl", timings_name[] = "timings.jsonl";

static bert_status stream_open(const output *o, const char *name, slice before, FILE **out)
{
    TRY(file_stream_open(&o->staging, name, out));
    setvbuf(*out, NULL, _IOLBF, BUFSIZ); /* so that a running one can be followed */
    if (before.count) fwrite(before.bytes, 1, before.count, *out); /* errors are sticky */
    return BERT_OK;
}

bert_status journal_open(const output *o, const journal_text *before, journal *out)
{
    journal j = { .output = o };
    bert_status status = stream_open(o, log_name, before->log, &j.log);
    if (status == BERT_OK) status = stream_open(o, timings_name, before->timings, &j.timings);
    if (status == BERT_OK)
        *out = j;
    else
        journal_release(&j);
    return status;
}

bert_status journal_step(journal *j, const bert_event *s)
{
    TRY(folder_verify(&j->output->staging));
    fprintf(j->log,
            "{\"step\":%zu,\"epoch\":%zu,\"loss\":%.9g,\"learning_rate\":%.9g,\"grad_norm\":%.9g,"
            "\"tokens\":%zu}\n",
            s->step, s->epoch, s->loss, s->learning_rate, s->gradient_norm, s->tokens);
    if (ferror(j->log)) return file_not_written(&j->output->staging, log_name);
    fprintf(
        j->timings,
        "{\"step\":%zu,\"seconds\":%.6f,\"tokens\":%zu,\"token_pairs\":%zu,\"sequences\":%zu}\n",
        s->step, s->seconds, s->tokens, s->token_pairs, s->sequences);
    if (ferror(j->timings)) return file_not_written(&j->output->staging, timings_name);
    return BERT_OK;
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
    if (!stream_close(&j->log)) return file_not_written(&j->output->staging, log_name);
    return stream_close(&j->timings) ? BERT_OK
                                     : file_not_written(&j->output->staging, timings_name);
}

void journal_release(journal *j)
{
    stream_close(&j->log);
    stream_close(&j->timings);
}
