#!/bin/sh
# Makes seeds for json_rpc_fuzz and framing_fuzz from the recorded conversations, and for maps_fuzz
# from this process's own files in /proc. The bytes in front steer the fuzzers: see each of them.
#   agent/fuzz/make_text_corpus.sh FOLDER    (fills FOLDER/json_rpc, FOLDER/framing and FOLDER/maps)
set -eu
folder="${1:?usage: make_text_corpus.sh FOLDER}"
samples="$(dirname "$0")/../../protocol/samples"
mkdir -p "$folder/json_rpc" "$folder/framing" "$folder/maps"

for conversation in "$samples"/*.jsonl; do
  name="$(basename "$conversation" .jsonl)"
  messages="$folder/json_rpc/$name"
  # One message a line, to a session that has been greeted already.
  { printf '\001\002'; sed -n 's/^{"from": *"client", *"message": *\(.*\)}$/\1/p' "$conversation"; } \
    > "$messages"
  {
    printf '\007'
    sed -n 's/^{"from": *"client", *"message": *\(.*\)}$/\1/p' "$conversation" |
      while IFS= read -r message; do
        printf 'Content-Length: %s\r\n\r\n%s' "$(printf '%s' "$message" | wc -c)" "$message"
      done
  } > "$folder/framing/$name"
done

{ printf '\000'; cat /proc/self/maps; } > "$folder/maps/maps"
{ printf '\001'; cat /proc/self/stat; } > "$folder/maps/stat"
{ printf '\002'; cat /proc/self/status; } > "$folder/maps/status"
{ printf '\003'; head -n 20 /etc/passwd; } > "$folder/maps/users"
