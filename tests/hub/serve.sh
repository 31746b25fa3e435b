# Sourced by the cases of tests/cli/hub.test: a cache of their own, no token, and
#
#     serve NAME=FOLDER [FAULT...]   a server (server.py) for the case, ended with it; HF_ENDPOINT is its address
#     asked                          its log (in the folder $state): METHOD PATH RANGE TOKEN STATUS AGENT
for name in $(compgen -e | grep -E '^(HF_|HUGGING|TRANSFORMERS_OFFLINE|XDG_CACHE|[a-zA-Z]*_?(proxy|PROXY)$|SSL_CERT_FILE|(REQUESTS|CURL)_CA)'); do
    unset "$name"
done
export HF_HOME=$PWD/hf OMP_NUM_THREADS=1
cache=$HF_HOME/hub
servers=
trap 'for server in $servers; do kill "$server"; done 2> /dev/null' EXIT
state=state
serve() {
    rm -f $state/url
    python3 -I -S "$ROOT/tests/hub/server.py" $state "$@" > /dev/null 2> server-errors &
    servers="$servers $!"
    until [ -s $state/url ]; do sleep 0.02; done
    HF_ENDPOINT=$(cat $state/url)
    export HF_ENDPOINT
}
serve_end() { for server in $servers; do kill "$server"; wait "$server"; done 2> /dev/null; servers=; }
asked() { cat $state/log; }
model() { mkdir -p m; cp "$GOLDEN"/*.json "$GOLDEN"/vocab.txt "$GOLDEN"/model.safetensors m/; } # files of a small model
model
