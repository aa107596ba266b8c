#!/bin/sh
# A stand-in for docker. It keeps images, containers and volumes as files in $FAKE. A container is a real engine: the program
# $MONOTABLE runs it on the published port, with its data in the folder of the volume.
set -eu
printf '%s\n' "$*" >>"$FAKE/calls"
mkdir -p "$FAKE/images" "$FAKE/containers" "$FAKE/volumes"
for last in "$@"; do :; done
file() { printf '%s' "$1" | tr '/:@' '___'; }

case "$1 ${2-}" in
"--version "*) echo "stand-in 1.0" ;;
"pull "*)
    [ ! -e "$FAKE/offline" ] || { echo "registry: no route to host" >&2; exit 1; }
    touch "$FAKE/images/$(file "$last")"
    digest="${last%%[:@]*}@sha256:$(cat "$FAKE/version" 2>/dev/null || echo 1)"
    touch "$FAKE/images/$(file "$digest")"
    printf '["%s"]' "$digest" >"$FAKE/digests"
    ;;
"image inspect")
    [ -e "$FAKE/images/$(file "$last")" ] || { echo "no such image" >&2; exit 1; }
    cat "$FAKE/digests"
    ;;
"container inspect")
    container="$FAKE/containers/$last"
    [ -d "$container" ] || { echo "no such container" >&2; exit 1; }
    case "$4" in
    *Labels*) cat "$container/label" ;;
    *) if kill -0 "$(cat "$container/pid")" 2>/dev/null; then echo true; else echo false; fi ;;
    esac
    ;;
"run "*)
    while [ $# -gt 0 ]; do
        case "$1" in
        --name) name=$2 ;;
        --label) label=$2 ;;
        --publish) port=$2 ;;
        --volume) volume=${2%%:*} ;;
        -jar) break ;;
        --*) ;;
        *) image=$1 ;;
        esac
        shift
    done
    case "$port" in 127.0.0.1:*:8000) port=${port#127.0.0.1:} port=${port%:8000} ;; *) exit 125 ;; esac
    container="$FAKE/containers/$name" data="$FAKE/volumes/$volume"
    mkdir "$container" || { echo "the name is in use" >&2; exit 125; }
    mkdir -p "$data"
    printf '%s' "${label#*=}" >"$container/label"
    printf '%s' "$image" >"$container/image"
    settings="{\"engine\":\"embedded\",\"port\":$port,\"guard\":false,\"requests\":false,\"container\":null}"
    touch "$data/lease"
    setsid flock --shared "$data/lease" \
        "$MONOTABLE" dev supervise --state "$data" --root / --settings "$settings" >"$container/log" 2>&1 &
    echo $! >"$container/pid"
    ;;
"logs "*) exec tail -f --pid="$(cat "$FAKE/containers/$last/pid")" "$FAKE/containers/$last/log" ;;
"stop "* | "kill "*) kill -- "-$(cat "$FAKE/containers/$last/pid")" 2>/dev/null || true ;;
"rm "*)
    kill -s KILL -- "-$(cat "$FAKE/containers/$last/pid")" 2>/dev/null || true
    rm -r "$FAKE/containers/$last"
    ;;
"volume inspect") [ -d "$FAKE/volumes/$last" ] ;;
"volume rm") rm -r "$FAKE/volumes/$last" ;;
*) echo "unknown command: $*" >&2; exit 64 ;;
esac
