# What every room's tests/ROOM_traps.bats asks of its traps.
# shellcheck disable=SC2016,SC2154 # code for awk is quoted; bats sets $output

traps_setup() {
  common_setup
  ROOT=${BATS_TEST_DIRNAME%/*}
  ROOM=${BATS_TEST_FILENAME##*/}
  ROOM=${ROOM%_traps.bats}
  export PACE=0 TMPDIR=$BATS_TEST_TMPDIR
  [[ ${UNDER:-} != valgrind ]] || export PATIENCE=120
}

# shows NAME FAILURE [PATIENCE]: the trap goes wrong as its cast has it, and the
# right program does not under the same treatment. And it is the wrong program
# that goes wrong: in its place the right one fails the play, by this FAILURE.
# Where that is to wait in vain, PATIENCE bounds the wait.
shows() {
  run timeout 300 env -C "$ROOT" stage -b "$BUILD" -T "$ROOM:$1"
  assert_success
  assert_line --regexp "^$1 fails, every time; [a-z_]+ does not\.$"
  refute_output --partial FAILED:
  local patience=${3:-${PATIENCE:-30}}
  [[ ${UNDER:-} != valgrind || -z ${3:-} ]] || patience=20
  PATIENCE=$patience run -1 timeout 300 env -C "$ROOT" stage -b "$BUILD" -T -S "$ROOM:$1"
  assert_line --partial "FAILED: $2"
}

# The programs, their cast and the lesson sheet fit each other.
traps_cast_and_sheet_fit() {
  cd "$ROOT/$ROOM" || return 1
  local file name field
  for file in traps/*.c; do
    name=${file##*/}
    name=${name%.c}
    for field in Article Wrong Trap Terminal Right 'See also'; do
      run -0 grep -qE "^ \* $field: " "$file"
    done
    run -0 grep -q "make trap-$ROOM-$name)" "$file"
    run -0 grep -c '/\* WRONG: ' "$file"
    assert_output 1 # in one way
    run -0 awk -v name="$name" '$1 == "trap" { on = $2 == name }
      on && $2 == "runs" && $3 == "traps/" name { found = 1 } END { exit !found }' traps/cast
    run -0 grep -q "make trap-$ROOM-$name\`" README.md
  done
  sed -n 's/^trap \([a-z_0-9]*\) .*/\1/p' traps/cast | sort >"$BATS_TEST_TMPDIR/plays"
  grep -o "make trap-$ROOM-[a-z_0-9]*" README.md | sed 's/.*-//' | sort -u | diff "$BATS_TEST_TMPDIR/plays" -
  run awk 'length($0) > 80 { print FILENAME ": " $0 }' traps/*.c
  refute_output
}
