/* keras.c: Keras' HDF5: one file, or an index and its shards.
 *
 *     FILE                        tf_model.h5
 *     INDEX ==== FILE [==== FILE] tf_model.h5.index.json, a.h5, b.h5 */
#include "fuzz.h"
#include "tensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slice parts[3];
    size_t count = fuzz_parts((slice){ (const char *)data, size }, parts, 3);
    fuzz_files_clear();
    fuzz_file(count == 1 ? "m/tf_model.h5" : "m/tf_model.h5.index.json", parts[0]);
    if (count > 1) fuzz_file("m/a.h5", parts[1]);
    if (count > 2) fuzz_file("m/b.h5", parts[2]);
    tensors_check("m");
    return 0;
}
