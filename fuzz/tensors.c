#include "tensors.h"

#include "fuzz.h"
#include "model/tensor_names.h"

#include <math.h>
#include <stdlib.h>

static double sum_of(const float *numbers, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) sum += isfinite(numbers[i]) ? fabsf(numbers[i]) : 0.0f;
    return sum;
}

static void tensor_check(const tensor_file *f, size_t index)
{
    const tensor_info *info = tensor_file_at(f, index);
    if (index) CHECK(strcmp(tensor_file_at(f, index - 1)->name, info->name) < 0);
    CHECK(tensor_file_find(f, info->name) == info);
    CHECK(info->dimensions <= TENSOR_DIMENSIONS_MAX);
    size_t count = 1;
    for (size_t i = 0; i < info->dimensions; i++) count *= info->shape[i];
    CHECK(count == info->count || info->type == TENSOR_OTHER);
    if (info->type == TENSOR_OTHER) return;

    float *numbers = malloc(count ? count * sizeof *numbers : 1);
    CHECK(numbers != NULL);
    tensor_to_float(info, numbers);
    double sum = sum_of(numbers, count);
    CHECK(sum >= 0.0);
    if (info->dimensions == 2) {
        tensor_to_float_transposed(info, numbers);
        CHECK(fabs(sum_of(numbers, count) - sum) <= 1e-9 * sum);
    }
    bert_status status = tensor_verify(info);
    CHECK(status == BERT_OK || info->checksum_given);
    free(numbers);
}

/* Each tensor that the model may want stands for one name at most. */
static void names_check(const tensor_file *f)
{
    tensor_names *n;
    CHECK(tensor_names_open(f, "bert", &n) == BERT_OK);
    CHECK(tensor_names_count(n) <= tensor_file_count(f));
    for (size_t i = 0; i < tensor_names_count(n); i++) {
        const tensor_info *info = tensor_names_at(n, i);
        CHECK(tensor_file_find(f, info->name) == info);
    }
    CHECK(tensor_names_find(n, "bert.\xFF").info == NULL);
    tensor_names_free(n);
}

void tensors_check(const char *folder)
{
    tensor_file *f = NULL;
    bert_status status = tensor_file_open(folder, &f);
    if (status != BERT_OK) {
        fuzz_refused(status, folder);
        return;
    }
    for (size_t i = 0; i < tensor_file_count(f); i++) tensor_check(f, i);
    CHECK(tensor_file_find(f, "\xFF") == NULL);
    names_check(f);
    tensor_file_forget(f);
    tensor_file_free(f);
}
