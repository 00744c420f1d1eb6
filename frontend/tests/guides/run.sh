# Around the commands of a guide: what they print goes into numbered files, and a server runs until the next one or the end.
set -eu -o pipefail
# Which line of the guide is next is told on the third; what else is said is for who looks for a fault.
exec 3>&1 1>&2
at=before
server=

stop() {
    if [ -n "$server" ]; then
        kill -TERM "$server" 2> "$OUT/end" || true
        wait "$server" || true
        server=
    fi
}
trap stop EXIT

# Waits until the file has the word, for as long as the server runs. The guide's own end is watched from outside.
await() {
    until grep -q -- "$2" "$1"; do
        kill -0 "$server"
        sleep 0.02
    done
}

# Starts a server in place of the one before, and waits until it has told of its last door.
serve() {
    stop
    log=$OUT/$at.out
    keyway serve "$@" > "$log" 2>&1 &
    server=$!
    case "$*" in
        *--metrics*) await "$log" 'metrics at' ;;
        *) await "$log" 'listening on' ;;
    esac
}

# Logs in by PLAIN, as a client that stays connected: a name of six bytes and a password that `keyway` made.
log_in() {
    exec 9<> "/dev/tcp/127.0.0.1/$PORT"
    printf '\x80\x21\0\x05\0\0\0\0\0\0\0\x2d\0\0\0\0\0\0\0\0\0\0\0\0PLAIN\0%s\0%s' "$1" "$2" >&9
    # Status 0, in the seventh and eighth byte of the answer.
    test "$(head -c 24 <&9 | od -An -tx1 -j6 -N2)" = ' 00 00'
}

# The password that was printed last: 160 bits in base32.
password() {
    cat "$OUT"/*.out | grep -E '^[a-z2-7]{32}$' | tail -n 1
}
