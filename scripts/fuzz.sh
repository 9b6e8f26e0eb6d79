#!/bin/bash
# Runs each fuzz target for the given number of seconds, two at a time. A finding is kept in
# fuzz-findings/ and ends with status 1; the same file passed to the target repeats it.
#   scripts/fuzz.sh SECONDS [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
build=.build-fuzz
export SWIFT_BACKTRACE=enable=no # its handler would swallow the crash before libFuzzer keeps the input
swift build -c release --product FuzzTargets --scratch-path "$build" -Xswiftc -sanitize=fuzzer
bin=$(swift build -c release --show-bin-path --scratch-path "$build")
swiftc -sanitize=fuzzer -parse-as-library -emit-executable -o "$bin/fuzz" \
    -Xlinker --whole-archive "$bin/libFuzzTargets.a" -Xlinker --no-whole-archive
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    targets=($(ls protocol-spec | while read -r entry; do [ -d "protocol-spec/$entry" ] && echo "$entry"; done))
    targets+=(pcapng vectors)
fi
mkdir -p fuzz-findings
export bin seconds

# The vectors' bytes as a corpus to start from: a checksum is not found by chance.
seed_corpus() { # TARGET FOLDER
    cat "protocol-spec/$1/vectors/"*.vectors 2>/dev/null | perl -ne '
        BEGIN { our ($folder, $n) = (shift @ARGV, 0); @ARGV = () }
        next unless s/^rx\s+//;
        my $bytes = "";
        while (/"((?:[^"\\]|\\.)*)"|([0-9A-Fa-f]+)/g) {
            if (defined $2) { $bytes .= pack("H*", $2); next }
            my ($text, %named) = ($1, n => "\n", r => "\r", t => "\t");
            $text =~ s/\\(x([0-9A-Fa-f]{2})|.)/defined $2 ? chr(hex $2) : $named{$1} \/\/ $1/ge;
            $bytes .= $text;
        }
        open(my $file, ">:raw", sprintf("%s/%04d", $folder, $n++)) or die $!;
        print $file $bytes;' "$2"
}

run_one() {
    target=$1
    corpus=$(mktemp -d)
    seed_corpus "$target" "$corpus"
    TOCSIN_FUZZ_TARGET=$target "$bin/fuzz" -max_total_time="$seconds" -max_len=4096 -print_final_stats=1 \
        -artifact_prefix="fuzz-findings/$target-" "$corpus" >"fuzz-findings/$target.log" 2>&1
    status=$?
    runs=$(grep -oE 'number_of_executed_units: [0-9]+' "fuzz-findings/$target.log" | grep -oE '[0-9]+' || echo 0)
    rm -rf "$corpus"
    if [ $status -eq 0 ]; then echo "$target: $runs runs in $seconds s, no finding"; else
        echo "$target: FINDING after $runs runs, see fuzz-findings/$target.log"; return 1
    fi
}
export -f run_one seed_corpus
printf '%s\n' "${targets[@]}" | xargs -P 2 -I{} bash -c 'run_one {}'
