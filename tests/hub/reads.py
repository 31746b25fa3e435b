"""Does huggingface_hub find in the cache what `bert pull` has put there, without a network?

    reads.py NAME FOLDER        FOLDER is what `bert pull NAME` has printed
"""
import os
import pathlib
import sys

import huggingface_hub

name, folder = sys.argv[1:]
wanted = sorted(str(p.relative_to(folder)) for p in pathlib.Path(folder).rglob("*") if not p.is_dir())
assert wanted, "nothing was fetched"
assert huggingface_hub.snapshot_download(name, local_files_only=True) == folder
for file in wanted:
    assert huggingface_hub.hf_hub_download(name, file, local_files_only=True) == os.path.join(folder, file)
assert huggingface_hub.try_to_load_from_cache(name, "added_tokens.json") is huggingface_hub._CACHED_NO_EXIST

cache = huggingface_hub.scan_cache_dir()
assert not cache.warnings, cache.warnings
repo, = cache.repos
revision, = repo.revisions
assert (repo.repo_id, repo.repo_type, set(revision.refs)) == (name, "model", {"main"}), repo
assert sorted(str(f.file_path.relative_to(folder)) for f in revision.files) == wanted, revision.files
print("all is as huggingface_hub has it")
