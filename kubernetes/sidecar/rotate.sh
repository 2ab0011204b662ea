#!/bin/sh
# Rotates the log files in a volume that a mail server and the exporter share: a file larger than MAX_MEBIBYTES is
# copied to FILE.1, older copies become FILE.2 and so on, KEEP of them remain, and the file is truncated. The mail
# server keeps writing to the same file; the exporter reads the rest from the copy.
set -u

# The waiting is interrupted, so that the pod ends at once.
trap 'exit 0' TERM INT

# Copies and truncates one file.
rotate() {
  number=$KEEP
  while [ "$number" -gt 1 ]; do
    older=$number
    number=$((number - 1))
    [ ! -e "$1.$number" ] || mv -f "$1.$number" "$1.$older"
  done
  if ! cp "$1" "$1.1"; then
    echo "no space for a copy of $1: it is truncated without one" >&2
    rm -f "$1".[0-9] "$1".[0-9][0-9]
  fi
  : >"$1"
  echo "rotated $1"
}

check() {
  for log in "$LOG_DIRECTORY"/$LOG_PATTERN; do
    case $log in
    *.[0-9] | *.[0-9][0-9]) continue ;;
    esac
    if [ ! -f "$log" ] || [ -L "$log" ]; then continue; fi
    if [ ! -r "$log" ] || [ ! -w "$log" ]; then
      echo "user $(id -u) cannot write to $log: this container must run as its owner" >&2
    elif [ "$(wc -c <"$log")" -gt $((MAX_MEBIBYTES * 1048576)) ]; then
      rotate "$log"
    fi
  done
}

# INTERVAL_SECONDS=0 checks once.
check
while [ "$INTERVAL_SECONDS" -gt 0 ]; do
  sleep "$INTERVAL_SECONDS" &
  wait $!
  check
done
