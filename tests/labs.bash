# What every room's tests/ROOM_labs.bats asks of its labs and of its claims.
# shellcheck disable=SC2154 # bats sets $output and $status

labs_setup() {
  common_setup
  ROOT=${BATS_TEST_DIRNAME%/*}
  ROOM=${BATS_TEST_FILENAME##*/}
  ROOM=${ROOM%_labs.bats}
  # Labs break rules on purpose: valgrind and the sanitizers would only say so.
  [[ ${UNDER:-} != valgrind ]] || skip 'labs do on purpose what valgrind reports'
  [[ ${BUILT_WITH:-} != *-fsanitize* ]] || skip 'labs do on purpose what sanitizers report'
}

# field CLAIM NAME: what the room's table says.
field() {
  awk -v id="$1" -v name="$2" '/^[A-Z]+-/ { on = $1 == id }
    on && $1 == name { sub(/^[a-z]* */, ""); print }' "$ROOT/$ROOM/claims"
}
# recorded [FIELD]: the numbers of the room's claims; those that have FIELD.
recorded() {
  awk -v name="${1:-claim}" '/^[A-Z]+-/ { id = $1 } $1 == name { print id }' "$ROOT/$ROOM/claims"
}

# Each verdict is the recorded one, and nothing is left behind.
verdicts_are_recorded() {
  mkdir tmp
  TMPDIR=$PWD/tmp run -0 timeout 120 "$ROOT/scripts/claims" -b "$BUILD" "$ROOM"
  local claim
  for claim in $(recorded); do assert_line --regexp "^[-+~?] $claim +[^ ]"; done
  run ls -A tmp
  refute_output
}

# The same for somebody who is not root, and cannot write into the project.
verdicts_hold_for_nobody() {
  second_user
  mkdir -p "scripts" "$ROOM/labs" "b/$ROOM"
  cp "$ROOT"/scripts/claims* scripts
  cp "$ROOT/$ROOM/claims" "$ROOM"
  cp "$ROOT/$ROOM/labs"/*.c "$ROOM/labs"
  cp -r "$BUILD/$ROOM/labs" "b/$ROOM"
  chmod -R a+rX .
  TMPDIR=/tmp run -0 as_nobody timeout 120 scripts/claims -b b "$ROOM"
}

# The table and the labs fit each other, and both the form they should have.
labs_and_claims_fit() {
  local claim lab file function verdict
  run -0 bash -c "grep -n 'TODO' '$ROOT/$ROOM/claims' || :"
  refute_output
  run awk 'length($0) > 80 && !/[^ -~]/' "$ROOT/$ROOM/claims" "$ROOT/$ROOM"/labs/*.c
  refute_output
  for claim in $(recorded); do
    verdict=$(field "$claim" verdict)
    [[ $verdict == holds || -n $(field "$claim" fact) ]] || fail "$claim: $verdict: and what is true?"
    [[ $verdict =~ ^(holds|holds only if|does not hold)$ ]] || fail "$claim: a verdict '$verdict'?"
    lab=$(field "$claim" lab)
    [[ -z $lab ]] || [[ -z $(field "$claim" book) ]] || fail "$claim: a lab, and a book?"
    [[ -n $lab || -n $(field "$claim" book) ]] || fail "$claim: neither a lab nor a book"
    [[ -n $lab ]] || continue
    [[ -n $(field "$claim" see) ]] || fail "$claim: which manual page?"
    function=${claim,,}
    run grep -cE "^static .*[ *]${function/-/_}\\(void\\)$" "$ROOT/$ROOM/labs/$lab.c"
    assert_output 1
    grep -qE "^ \* Claims: .* ?$claim( |$)|^ \*    .* $claim( |$)" "$ROOT/$ROOM/labs/$lab.c" ||
      fail "$lab.c does not name $claim in its header"
    # Each claim that is tried has a line that shows how its lab would fail.
    grep -qE "^ *turns(_under)? $claim " "$BATS_TEST_FILENAME" || fail "$claim: can its lab fail?"
  done
  for file in "$ROOT/$ROOM"/labs/*.c; do
    lab=${file##*/}
    [[ $(recorded lab | while read -r claim; do field "$claim" lab; done) == *${lab%.c}* ]] ||
      fail "no claim needs $lab"
  done
}

# A lab tries what it is asked for, refuses what it does not know, and tells
# when its lines get lost.
labs_are_programs() {
  local file lab claim
  for file in "$ROOT/$ROOM"/labs/*.c; do
    lab=${file##*/}
    lab=$BUILD/$ROOM/labs/${lab%.c}
    run -2 timeout 60 "$lab" NO-1
    assert_output --partial "usage: ${lab##*/} [CLAIM]"
    claim=$(sed -n 's/^ \* Claims: *\([A-Z]*-[0-9]*\).*/\1/p' "$file")
    run -0 timeout 60 "$lab" "$claim"
    run -0 grep -vE "^$claim (yes|no|skip) ." <<<"$output" || [[ -z $output ]]
    timeout 60 "$lab" "$claim" >/dev/full 2>told && fail "$lab did not notice a full disk"
    run cat told
    assert_output --partial 'No space left on device'
  done
}

# The sheet lists the claims as the table has them (make sheets).
sheet_lists_the_claims() {
  "$ROOT/scripts/claims" -s "$ROOM" >wanted
  sed -n '/^<!-- claims -->$/,/^<!-- end/{/^<!--/!p}' "$ROOT/$ROOM/README.md" >seen
  run -0 diff wanted seen
}

# turns CLAIM SCRIPT: with its lab altered by this script of sed -E, the claim
# gets another verdict. Of each test only the first is done, as each one has to
# be compiled; ALTER=all does all of them.
turns() {
  local claim=$1 lab source
  [[ -z ${TURNED:-} || ${ALTER:-} == all ]] || return 0
  TURNED=1
  lab=altered/$ROOM/labs/$(field "$claim" lab)
  source=$ROOT/${lab#altered/}.c
  sed -E "$2" "$source" >altered.c
  ! cmp -s altered.c "$source" || fail "$claim: the alteration finds nothing to alter"
  mkdir -p "${lab%/*}"
  eval "${BUILT_WITH:-cc} -O0 -w -o $lab altered.c" || fail "$claim: the altered lab does not compile"
  has_turned "$claim"
}
# turns_under CLAIM SPEC...: the same, if strace(1) injects these faults.
turns_under() {
  local claim=$1 lab spec args=()
  [[ -z ${TURNED:-} || ${ALTER:-} == all ]] || return 0
  TURNED=1
  can_inject
  shift
  lab=$ROOM/labs/$(field "$claim" lab)
  for spec; do args+=(-e "inject=$spec"); done
  mkdir -p "altered/${lab%/*}"
  printf '#!/bin/sh\nexec strace -qq -f -o /dev/null %s %s "$@"\n' "${args[*]}" "$BUILD/$lab" >"altered/$lab"
  chmod +x "altered/$lab"
  has_turned "$claim"
}
has_turned() {
  local TMPDIR=$BATS_TEST_TMPDIR
  run -1 timeout 100 "$ROOT/scripts/claims" -q -b "$PWD/altered" "$1"
  assert_line --regexp '^Verdict:  changed: it now '
}
