/* torch_zip.c: pytorch_model.bin, any bytes: a zip archive, the stream of before it, or neither. */
#include "fuzz.h"
#include "tensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_files_clear();
    fuzz_file("m/pytorch_model.bin", (slice){ (const char *)data, size });
    tensors_check("m");
    return 0;
}
