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
# recorded: the numbers of the room's claims.
recorded() { sed -n 's/^\([A-Z]*-[0-9]*\) .*/\1/p' "$ROOT/$ROOM/claims"; }

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
  cd "$ROOT/$ROOM" || return 1
  run awk '
    function complain(what) { print (FILENAME == "claims" ? "" : FILENAME ": ") what }
    function check(    ok) {
      if (id == "") return
      if (f["verdict"] !~ /^(holds|holds only if|does not hold)$/) complain(id ": a verdict " f["verdict"] "?")
      if (f["verdict"] != "holds" && f["fact"] == "") complain(id ": and what is true?")
      if ((f["lab"] == "") == (f["book"] == "")) complain(id ": a lab or a book, one of them")
      if (f["lab"] != "" && f["see"] == "") complain(id ": which manual page?")
      if (f["lab"] != "") { lab[id] = f["lab"]; needed["labs/" f["lab"] ".c"] = 1 }
      split("", f)
    }
    FILENAME !~ /bats$/ && length($0) > 80 && !/[^ -~]/ { complain("more than 80 columns: " $0) }
    /TODO/ { complain("TODO") }
    FILENAME == "claims" {
      if (/^[A-Z]+-[0-9]+ /) { check(); id = $1 }
      else if (/^[a-z]/) { field = $1; $1 = ""; f[field] = $0; sub(/^ /, "", f[field]) }
      next
    }
    FNR == 1 { check(); id = "" }
    FILENAME ~ /bats$/ { if ($1 ~ /^turns/) turns[$2] = 1; next }
    FNR == 1 { files[FILENAME] = 1; header = 1 }
    /^ \*\/$/ { header = 0 }
    header { for (i = 2; i <= NF; i++) if ($i ~ /^[A-Z]+-[0-9]+$/) named[FILENAME, $i] = 1 }
    /^static .*[ *][a-z]+_[0-9]+\(void\)$/ {
      name = $NF; sub(/^\*/, "", name); sub(/\(.*/, "", name); sub(/_/, "-", name)
      defined[FILENAME, toupper(name)]++
    }
    END {
      FILENAME = "claims"
      for (id in lab) {
        file = "labs/" lab[id] ".c"
        if (!(file in files)) complain(id ": there is no " file)
        if (!((file, id) in named)) complain(id ": the header of " file " does not name it")
        if (defined[file, id] != 1) complain(id ": which function of " file " is it?")
        if (!(id in turns)) complain(id ": can its lab fail?") # a line `turns CLAIM ...`
      }
      for (file in files) if (!(file in needed)) complain("no claim needs " file)
    }' claims "$BATS_TEST_FILENAME" labs/*.c
  refute_output
  ((status == 0))
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
