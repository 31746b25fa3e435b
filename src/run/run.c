#include "run/run.h"

void run_release(run *r)
{
    journal_release(&r->journal);
    output_release(&r->output);
    evaluation_release(&r->results.kept);
    json_decref(r->digests);
    json_decref(r->resumed);
    json_decref(r->results.all);
    trainer_release(&r->trainer);
    examples_release(&r->train);
    examples_release(&r->dev);
    data_summary_release(&r->data);
    baselines_release(&r->baselines);
    tokenizer_free(r->tokenizer);
    config_release(&r->config);
    pretrained_release(&r->start);
    compute_free(r->on);
    *r = (run){ 0 };
}

bool run_patience_over(const run *r)
{
    return r->options->patience && r->results.stale >= r->options->patience;
}

bool run_unfinished(const run *r)
{
    return r->trainer.progress.epochs_done < trainer_epochs(&r->trainer) && !run_patience_over(r);
}
