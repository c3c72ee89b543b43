#!/bin/sh
# Shows slacli at work on the reference contract and the example exports. The exports hold faults on both sides, so
# the check has to exit with 1; the demo itself exits with 0 only where everything came out as it should.
cd "$(dirname "$0")/.." || exit 2

# Runs the command line $3 under the heading $1, and ends the demo where its exit code is not $2.
show() {
    if [ -t 1 ]; then printf '\n\033[1m%s\033[0m\n' "$1"; else printf '\n%s\n' "$1"; fi
    printf '$ %s\n\n' "$3"
    sh -c "$3"
    code=$?
    [ "$code" -eq "$2" ] && return
    printf '\nthe demo expected `%s` to exit with %s, and it exited with %s\n' "$3" "$2" "$code" >&2
    [ "$code" -eq 0 ] && exit 1
    exit "$code"
}

command -v slacli >/dev/null || {
    echo 'slacli is not installed here: run `make demo`' >&2
    exit 2
}

show 'The text: is the agreement between Sales and Marketing whole and sound?' 0 \
    'slacli validate'
show 'Two duties: the sentences that each side signs, made from their parameters' 0 \
    'slacli show first_touch mql_quality'
show 'A word: what both sides mean by an MQL' 0 \
    'slacli show mql'
show 'The data: did both sides keep it? Three months of exports, of which the last finished one is judged' 1 \
    'slacli check examples/exports/*.csv'
show 'One lead on which both sides missed something: the working of every verdict, to be followed by hand' 0 \
    'slacli explain 00Q5f00000D1syiEAB --data examples/exports/*.csv'
printf '\n%s\n' 'The check exited with 1, because the agreement was broken; a build that runs it would fail.'
