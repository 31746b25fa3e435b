# To be sourced. `look FILE` sets $spent: whole seconds of processor time of all that the shell has started so far. FILE is
# for its use (a subshell would only see what it has started itself).
look() {
    times > "$1"
    spent=$(awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); sum += 60 * t[1] + t[2] } print int(sum) }' "$1")
}
