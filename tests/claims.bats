# scripts/claims: from what is recorded and what the labs print to verdicts.

setup() {
  load helpers
  common_setup
  ROOT=${BATS_TEST_DIRNAME%/*}
  mkdir -p p/scripts p/x/labs p/b/x/labs tmp
  cp "$ROOT"/scripts/claims* p/scripts
  export TMPDIR=$PWD/tmp
  unset NO_COLOR
}
teardown() {
  local left=''
  [[ -z ${BATS_TEST_COMPLETED:-} ]] || left=$(ls -A tmp)
  common_teardown || return 1
  [[ -z $left ]] || { echo "left behind: $left" >&2; return 1; }
}

# recorded VERDICT [FACT]: the one claim of the room x, tried by the lab l.
recorded() {
  printf 'X-1  A 三.2, B 八\nclaim   Something\n        is so.\nverdict %s\n' "$1"
  [[ $# -lt 2 ]] || printf 'fact    %s\n' "$2"
  printf 'lab     l\nsee     pipe(2)\n'
} >p/x/claims
# a_lab [CODE]: the lab l prints the lines on stdin, and then does CODE.
a_lab() {
  printf '#!/bin/sh\ncat <<EOT\n%s\nEOT\n%s\n' "$(cat)" "${1:-}" >p/b/x/labs/l
  chmod +x p/b/x/labs/l
}
# told TEXT: it is in the output, however that is folded.
told() {
  run tr -s ' \n' ' ' <<<"$output"
  assert_output --partial "$1"
}
claims() { timeout 60 p/scripts/claims -b "$PWD/p/b" "$@"; }

@test "claims: all yes holds, all no does not, both is holds only if" {
  recorded holds
  a_lab <<<$'X-1 yes one\nX-1 yes two'
  run -0 claims x
  assert_line '+ X-1      Something is so.'
  assert_line '           A 三.2, B 八: holds'
  assert_line --regexp '^1 claims in [0-9]+ s: 1 hold, 0 hold only if, 0 do not hold, 0 cannot be tried'

  recorded 'does not hold' 'it is otherwise.'
  a_lab <<<$'X-1 no one\nX-1 no two'
  run -0 claims x
  assert_line '- X-1      Something is so.'
  assert_line '           A 三.2, B 八: does not hold: it is otherwise.'

  recorded 'holds only if' 'the moon is full.'
  a_lab <<<$'X-1 no one\nX-1 yes two'
  run -0 claims x
  assert_line '~ X-1      Something is so.'
  assert_line '           A 三.2, B 八: holds only if the moon is full.'
}

@test "claims: a verdict other than the recorded one is told, status 1" {
  local trials recorded now
  while IFS='|' read -r recorded trials now; do
    recorded "$recorded" 'a fact.'
    a_lab <<<"${trials//,/$'\n'}"
    run -1 claims x
    assert_line '! X-1      Something is so.'
    told ' 1 changed.'
    told "A 三.2, B 八: changed: it now $now; recorded is: $recorded"
  done <<'EOT'
holds|X-1 yes a,X-1 no b|holds only if
holds|X-1 no a|does not hold
holds only if|X-1 yes a|holds
holds only if|X-1 no a|does not hold
does not hold|X-1 yes a|holds
does not hold|X-1 no a,X-1 yes b|holds only if
EOT
}

@test "claims: what cannot be tried is counted apart, with the reason" {
  recorded holds
  a_lab <<<'X-1 skip there is no moon'
  run -0 claims x
  assert_line '? X-1      Something is so.'
  assert_line --partial 'cannot be tried here: there is no moon'
  assert_line --partial '1 cannot be tried'

  # One trial of two: what is left may settle it, or not, or speak against it.
  a_lab <<<$'X-1 yes one\nX-1 skip no moon'
  run -0 claims x
  assert_line --partial ': holds'
  a_lab <<<$'X-1 no one\nX-1 skip no moon'
  run -1 claims x
  assert_line --partial 'changed: it now does not hold'
  recorded 'holds only if' 'a fact.'
  a_lab <<<$'X-1 no one\nX-1 skip no moon'
  run -0 claims x
  assert_line --partial 'cannot be tried here: no moon'
  a_lab <<<$'X-1 no one\nX-1 yes two\nX-1 skip no moon'
  run -0 claims x
  assert_line --partial 'holds only if a fact.'
  recorded 'does not hold' 'a fact.'
  a_lab <<<$'X-1 yes one\nX-1 skip no moon'
  run -1 claims x
  assert_line --partial 'changed: it now holds'
}

@test "claims: a lab that is missing, silent, dead, or talks of other claims is told" {
  recorded holds
  run -1 claims x
  assert_line '! the lab x/labs/l is not built (try: make)'
  told 'changed: the lab is not built (try: make); recorded is: holds'
  a_lab <<<''
  run -1 claims x
  assert_line --partial 'changed: its lab has no line of it; recorded is: holds'
  a_lab 'echo "l: pipe: too many" >&2; exit 1' <<<'X-1 yes one'
  run -1 claims x
  assert_line '! the lab x/labs/l ended with status 1: l: pipe: too many'
  a_lab <<<$'X-1 yes one\nX-2 yes two'
  run -1 claims x
  assert_line '! x/labs/l tried X-2, which is not listed'
  a_lab <<<$'X-1 yes one\nX-1 maybe two'
  run -1 claims x
  assert_line '! not a line of a lab: x/labs/l: X-1 maybe two'
}

@test "claims: a lab works in a folder of its own, which goes" {
  recorded holds
  a_lab 'pwd >&2; : >mess; mkdir deep; exit 1' <<<'X-1 yes one'
  run -1 claims x
  assert_line --partial "status 1: $TMPDIR/ipc.claims."
  run ls -A tmp
  refute_output
}

# shellcheck disable=SC2016 # code for the lab
@test "claims: Ctrl-C ends it by SIGINT, and leaves nothing" {
  recorded holds
  a_lab ': >&2; echo $$ >"$TMPDIR/../pid"; exec sleep 300' <<<'X-1 yes one'
  start all p/scripts/claims -b "$PWD/p/b" x
  await 20 test -s pid
  kill -INT -- "-${PID[all]}" # as a terminal does: to the whole group
  join all 130
  await 10 gone "$(<pid)"
}

@test "claims: by the book: what no program can settle needs no lab" {
  printf 'X-1  A 一\nclaim   Old.\nverdict holds\nfact    from 1973.\nbook    Manual, 3rd edition\n' >p/x/claims
  run -0 claims x
  assert_line '           A 一: holds; from 1973. [by the book: Manual, 3rd edition]'
  assert_line --partial 'By the book: 1.'
  run -0 claims X-1
  assert_line 'Verdict:  holds; from 1973. [by the book: Manual, 3rd edition]'
}

@test "claims: one at length has its place, calls, trials, verdict, pages and source" {
  mkdir -p p/x/labs
  cat >p/x/labs/l.c <<'EOT'
#include <stdio.h>
#include <unistd.h>
static void x_1(void);
static void x_1(void)
{
    int fd[2];
    printf("X-1 %s pipe(2) returned 0\n", pipe(fd) == 0 ? "yes" : "no");
}
int main(void) { alarm(9); setvbuf(stdout, NULL, _IOLBF, 0); x_1(); return 0; }
EOT
  cc -o p/b/x/labs/l p/x/labs/l.c
  recorded holds
  run -0 claims -q X-1
  assert_line 'X-1, article A 三.2, B 八'
  assert_line '  Something is so.'
  assert_line '  yes     pipe(2) returned 0'
  assert_line 'Verdict:  holds'
  assert_line 'Read:     pipe(2)'
  assert_line 'Source:   x/labs/l.c:4'
  refute_line --partial '  lab '
  can_inject
  run -0 claims X-1
  assert_line --regexp '^  lab     pipe2?\(\[[0-9]+, [0-9]+\].*\) = 0$'
  refute_line --partial 'execve'
  refute_line --partial 'mmap'
}

@test "claims: without strace one is told all the same, and what is missing" {
  recorded holds
  a_lab <<<'X-1 yes one'
  mkdir bin
  printf '#!/bin/sh\nexit 1\n' >bin/strace
  chmod +x bin/strace
  PATH=$PWD/bin:$PATH run -0 claims X-1
  assert_line --partial 'its calls need strace: ./scripts/setup --ci'
  assert_line '  yes     one'
}

@test "claims: the list for a lesson sheet is the table" {
  recorded 'holds only if' 'the moon is full.'
  run -0 p/scripts/claims -s x
  assert_line '| X-1 | A 三.2, B 八 | Something is so. | holds only if the moon is full. |'
}

@test "claims: unknown rooms, claims and options are status 2" {
  recorded holds
  run -2 claims nosuch
  assert_output "claims: no claims of a room 'nosuch'"
  run -2 claims X-12
  assert_output "claims: no claim 'X-12'"
  run -2 claims X-1 X-1
  assert_output --partial 'claims: usage: '
  run -2 claims -z
  assert_output --partial 'claims: usage: '
  run -1 p/scripts/claims -b nowhere x
  assert_output --partial 'nowhere is not there (try: make)'
}

@test "claims: colour at a terminal only, and 80 columns, also of Chinese text" {
  needs script
  recorded 'does not hold' "$(printf '管道是 %.0s' {1..60})"
  a_lab <<<'X-1 no one'
  local colour=$'\033\\[31m'
  TERM=xterm script -qfec "stty cols 60; p/scripts/claims -b '$PWD/p/b' x" typescript >/dev/null || :
  run -0 grep -c "$colour" typescript
  TERM=xterm NO_COLOR=1 script -qfec "stty cols 60; p/scripts/claims -b '$PWD/p/b' x" typescript >/dev/null || :
  run ! grep -c "$colour" typescript
  run -0 claims x
  refute_output --partial $'\033'
  # In UTF-8 a Chinese character is 3 bytes and 2 columns.
  run awk '{ wide = gsub(/[\344-\351]../, "") } length($0) + 2 * wide > 80' <<<"$output"
  refute_output
}

# ---- the real tables ----------------------------------------------------------

@test "claims: the rooms' tables have every claim of the articles once" {
  local kind number
  local tables=("$ROOT"/{pipe,fifo,msgqueue,semaphore,shm,mmap,signal,unixsock,chat}/claims)
  for kind in GEN:21 PIPE:17 FIFO:19 MSG:32 SEM:43 SHM:24 MMAP:24 SIG:24 SOCK:17 CHAT:14; do
    for ((number = 1; number <= ${kind#*:}; number++)); do
      echo "${kind%:*}-$number"
    done
  done | sort >wanted
  sed -n 's/^\([A-Z]*-[0-9]*\) .*/\1/p' "${tables[@]}" | sort >seen
  run -0 diff wanted seen
  run -0 grep -h '^book ' "${tables[@]}"
  ((${#lines[@]} == 9))
}

@test "claims: make has a door to all, to a room, and to one" {
  run -0 make -C "$ROOT" -n claims claims-pipe claim ID=PIPE-1
  assert_line --regexp '/claims -b [^ ]+$'
  assert_line --regexp '/claims -b [^ ]+ pipe$'
  assert_line --regexp '/claims -b [^ ]+ PIPE-1$'
  run -2 make -C "$ROOT" claim BUILD="$BUILD"
  assert_line 'make: which? make claim ID=MSG-10'
}
