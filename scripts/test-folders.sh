#!/bin/sh
# Every folder of tests in a process of its own, two at a time, the longest first:
# `scripts/test-folders.sh LOGS COMMAND...`, which gets the folder as its last word. A log is shown where one fails.
set -eu
logs=$1
shift
longest="tests/learning tests/factory tests/home tests/docs tests/cli tests/datasets tests/pole tests/testing"
mkdir -p "$logs"

folders() {
    for folder in $longest; do
        echo "$folder"
    done
    for folder in tests/*/; do
        folder=${folder%/}
        case " $longest " in *" $folder "*) continue ;; esac
        if find "$folder" -name 'test_*.py' | grep -q .; then
            echo "$folder"
        fi
    done
}

# shellcheck disable=SC2016 # expanded by the inner shell
folders | xargs -P 2 -I FOLDER sh -c '
    folder=$1
    log=$2/$(basename "$folder").log
    shift 2
    began=$(date +%s)
    status=0
    "$@" "$folder" >"$log" 2>&1 || status=$?
    case $status in
        0) echo "$folder: $(grep -E "[0-9]+ passed" "$log" | tail -n 1), $(($(date +%s) - began)) s" ;;
        5) echo "$folder: nothing to run" ;;
        *) cat "$log"; exit 1 ;;
    esac' sh FOLDER "$logs" "$@"
