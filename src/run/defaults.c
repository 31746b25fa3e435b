/* defaults.c: what bert.h's options of training and of tasks are where nobody says otherwise: the
 * card of a model names those that differ. */
#include "bert.h"

bert_task_options bert_task_options_default(void)
{
    return (bert_task_options){
        .aggregate = "simple", .answers = 1, .answer_tokens = 30, .mask_share = 0.15, .fillings = 5
    };
}

bert_train_options bert_train_options_default(void)
{
    return (bert_train_options){
        .epochs = 3,
        .batch_size = 32,
        .learning_rate = 5e-5,
        .schedule = "linear",
        .warmup = 0.1,
        .weight_decay = 0.01,
        .clip = 1.0,
        .adam_beta1 = 0.9,
        .adam_beta2 = 0.999,
        .adam_epsilon = 1e-8,
        .dropout = -1.0,
        .seed = 42,
        .shuffle = true,
        .checkpoint_every = "30min",
        .keep = 2,
        .task_options = bert_task_options_default(),
    };
}
