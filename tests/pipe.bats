#!/usr/bin/env bats
# The room pipe: pipe_hello and pipe_message, one process each that forks.

# shellcheck disable=SC2154 # run --separate-stderr sets stderr
setup() { load helpers; common_setup; }
teardown() { common_teardown; }

GREETING='hello world'
READ='Child process read 53 bytes data from pipe: "This infomation is from parent: Hello, child process!"'
WAIT='Parent start wait child process exit...'

# copy PROGRAM SED-SCRIPT [FLAG...]: ./copy, the program with another message.
copy() {
  sed "$2" "$BATS_TEST_DIRNAME/../pipe/$1.c" >copy.c
  run ! cmp copy.c "$BATS_TEST_DIRNAME/../pipe/$1.c" # the script must have hit
  cc "${@:3}" -o copy copy.c
}
# text N: the script that makes pipe_message send N times the letter z.
text() { printf 's/^#define MSG_STR.*/#define MSG_STR "%s"/' "$(printf "%$1s" | tr ' ' z)"; }

# held NAME PROGRAM: run PROGRAM up to the instant when its child exists and
# the parent has written nothing yet; there the parent stands still (SIGSTOP).
# The first close(2) after fork(2) is the place, so those before it are counted.
held() {
  local name=$1 before
  can_inject
  before=$(ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 timeout 20 \
    strace -qq -f -o /dev/stderr -e trace=close,?fork,?vfork,?clone,?clone3 "$2" 2>&1 >/dev/null |
    awk '/close\(/ { n++ } /fork\(|clone3?\(/ { print n + 0; exit }')
  : >"$name.trace"
  start "$name" env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" strace -qq -f -o "$name.trace" \
    -e "inject=close:signal=STOP:when=$((before + 1))" "$2"
  await 10 has_stops "$name" 1
  parent=$(first_child "${PID[$name]}")
  await 10 first_child "$parent" >/dev/null
  child=$(first_child "$parent")
  if ((before == 0)); then # then the child, too, stands behind its first close
    await 10 has_stops "$name" 2
    kill -CONT "$child"
  fi
  await 10 asleep "$child"
}
has_stops() { (($(grep -c "stopped by SIGSTOP" "$1.trace") >= $2)); }
first_child() { awk '{ print $1; found = 1 } END { exit !found }' "/proc/$1/task/$1/children"; }
asleep() { state "$1" && [[ $STATE == S ]]; }
halted() { state "$1" && [[ $STATE == [Tt] ]]; }

# nobody_reads: descriptor $unread leads into a pipe whose reader is gone.
nobody_reads() {
  mkfifo unread.in
  exec {both}<>unread.in
  exec {unread}>unread.in
  exec {both}>&-
}

# --- pipe_hello -------------------------------------------------------------

# README: build/pipe/pipe_hello
@test "pipe: pipe_hello prints hello world, these 12 bytes and nothing else" {
  run --separate-stderr timeout 10 pipe_hello
  assert_success
  assert_equal "$output" "$GREETING"
  assert_equal "$stderr" ''
  timeout 10 pipe_hello >out
  assert_equal "$(wc -c <out)" 12
}

# TRAP-PIPE-1: no NUL arrives, and the buffer was never filled
@test "pipe: pipe_hello prints by length: with rubbish in the buffer, all 20 bytes, a NUL" {
  copy pipe_hello 's/char buff\[20\];/char buff[20]; for (int i = 0; i < 20; i++) buff[i] = 65;/'
  run timeout 10 ./copy
  assert_success
  assert_output "$GREETING"
  copy pipe_hello 's/"hello world.n", 12/"01234567890123456789", 20/' -fsanitize=address
  run timeout 10 ./copy
  assert_success
  assert_output 01234567890123456789
  copy pipe_hello 's/"hello world.n", 12/"a\\0b\\n", 4/'
  timeout 10 ./copy >out
  assert_equal "$(od -An -c out)" '   a  \0   b  \n'
}

# TRAP-PIPE-2; its stopped child does no harm either
@test "pipe: pipe_hello's parent waits for its child, even for a stopped one" {
  held hello pipe_hello
  kill -STOP "$child"
  await 10 halted "$child"
  kill -CONT "$parent"
  await 10 asleep "$parent"
  assert_equal "$(cat hello.out)" ''
  kill -CONT "$child"
  join hello
  assert_equal "$(cat hello.out)" "$GREETING"
}

# TRAP-PIPE-2
@test "pipe: pipe_hello's line is there when the command returns, 15 times" {
  for i in {1..15}; do
    timeout 10 pipe_hello >out
    assert_equal "$i: $(cat out)" "$i: $GREETING"
  done
}

@test "pipe: the child stands still in read(2) until something is written" {
  held hello pipe_hello
  assert_equal "$(cat hello.out)" ''
  asleep "$child"
  kill -CONT "$parent"
  join hello
  assert_equal "$(cat hello.out)" "$GREETING"
}

# TRAP-PIPE-3 TRAP-PIPE2-7
@test "pipe: without free descriptors both say so on stderr, exit 1, and never fork" {
  [[ ! ${UNDER:-} == valgrind ]] || skip 'valgrind needs descriptors too'
  for prog in pipe_hello pipe_message; do
    start $prog bash -c "ulimit -n 4; exec $prog" # start leaves 0, 1 and 2 open
    join $prog 1
    assert_equal "$(cat $prog.out)" ''
    warns $prog "$prog: pipe: " # the reason is worded by the C library
  done
}

# TRAP-PIPE-6 TRAP-PIPE2-7
@test "pipe: a fork that fails is told on stderr, exit 1" {
  can_inject
  for prog in pipe_hello pipe_message; do
    run --separate-stderr injects '?fork,?vfork,?clone,?clone3:error=EAGAIN' -- "$prog"
    assert_failure 1
    assert_equal "$output" ''
    assert_equal "$stderr" "$prog: fork (limit ulimit -u or pids.max): Resource temporarily unavailable"
  done
}

# TRAP-PIPE-4 TRAP-PIPE2-7
@test "pipe: a write that fails is told, the child finds nothing, exit 1" {
  can_inject
  for prog in pipe_hello pipe_message; do
    run --separate-stderr injects write:error=ENOSPC:when=1 -- "$prog"
    assert_failure 1
    [[ -z ${output/"$WAIT"/} ]]
    output=$stderr assert_output --partial 'write to the pipe: No space left on device'
    output=$stderr assert_output --partial 'end of file'
  done
}

# TRAP-PIPE-4 TRAP-PIPE2-3
@test "pipe: a read that fails in the child is told, and makes the parent exit 1" {
  copy pipe_hello 's/read(fd\[0\]/read(-1/'
  run --separate-stderr timeout 10 ./copy
  assert_failure 1
  assert_equal "$output" ''
  output=$stderr assert_output --partial 'Bad file descriptor'
  copy pipe_message 's/read(fd,/read(-1,/'
  run --separate-stderr timeout 10 ./copy
  assert_failure 1
  assert_equal "$output" "$WAIT"
  output=$stderr assert_output --partial 'Bad file descriptor'
}

# TRAP-PIPE-5 TRAP-PIPE2-1 TRAP-PIPE2-3
@test "pipe: a child killed before the write is EPIPE for the parent, not its silent death" {
  for prog in pipe_hello pipe_message; do
    held $prog $prog
    kill -KILL "$child"
    await 10 gone "$child"
    kill -CONT "$parent"
    join $prog 1
    warns $prog "$prog: write to the pipe: Broken pipe"
    warns $prog "$prog: child died of signal 9"
    run ! says $prog "$GREETING"
    run ! says $prog 'Child process read'
  done
}

# TRAP-PIPE2-3
@test "pipe: a child killed while its parent waits makes the parent exit 1" {
  for prog in pipe_hello pipe_message; do
    for sig in KILL TERM; do
      held $prog $prog
      kill -STOP "$child"
      await 10 halted "$child"
      kill -CONT "$parent"
      await 10 asleep "$parent"
      kill -$sig "$child"
      kill -CONT "$child" 2>/dev/null || true
      join $prog 1
      warns $prog "$prog: child died of signal $(kill -l $sig)"
    done
  done
}

# TRAP-PIPE-4 TRAP-PIPE2-2
@test "pipe: a parent killed before its write ends the child, which says so" {
  for prog in pipe_hello pipe_message; do
    for sig in KILL TERM INT; do
      held $prog $prog
      kill -$sig "$parent"
      kill -CONT "$parent" 2>/dev/null || true
      join $prog $((128 + $(kill -l $sig)))
      gone "$child"
      assert_equal "$(cat $prog.out)" ''
      warns $prog "$prog: end of file"
      run -0 grep -c "^$child .*exit_group(1" $prog.trace
    done
  done
}

# --- pipe_message -----------------------------------------------------------

# TRAP-PIPE2-6: the mechanism fixes no order, so both are right
# README: build/pipe/pipe_message
@test "pipe: pipe_message's two lines come whole, in either order" {
  for _ in {1..10}; do
    run --separate-stderr timeout 10 pipe_message
    assert_success
    assert_equal "$stderr" ''
    [[ $output == "$READ"$'\n'"$WAIT" || $output == "$WAIT"$'\n'"$READ" ]]
  done
}

# TRAP-PIPE2-4; 65537 and more: the pipe is full before the message is sent
@test "pipe: pipe_message delivers a message of any length whole" {
  for size in 1 512 600 4097 65537 100000; do
    copy pipe_message "$(text "$size")"
    run --separate-stderr timeout 20 ./copy
    assert_success
    assert_equal "$stderr" ''
    assert_equal "$(tr -cd z <<<"$output" | wc -c)" "$size"
    [[ $output == *"read $size bytes data"* ]]
  done
  copy pipe_message "$(text 600)" -fsanitize=address
  run timeout 10 ./copy
  assert_success
  assert_line "Child process read 600 bytes data from pipe: \"$(printf '%600s' '' | tr ' ' z)\""
}

# TRAP-PIPE2-5
@test "pipe: pipe_message's child reads to the end of the file, which its parent's close(2) makes" {
  held message pipe_message
  kill -CONT "$parent"
  join message
  run grep -cE "^$child .*read.* = 0$" message.trace
  assert_output 1
  # shellcheck disable=SC2016
  run -0 awk -v p="$parent" '$1 == p && /close\(/ { closed = 1 }
    $1 == p && /write\(1,|writev\(1,|wait4\(/ { exit !closed }' message.trace
}

# TRAP-PIPE2-2
@test "pipe: half a message is told as such, when the parent is killed in the middle" {
  copy pipe_message "$(text 100000)"
  held half ./copy
  kill -STOP "$child"
  await 10 halted "$child"
  kill -CONT "$parent"
  await 10 asleep "$parent" # in write(2): the pipe is full
  assert_equal "$(cat half.out)" ''
  kill -KILL "$parent"
  await 10 gone "$parent"
  kill -CONT "$child"
  join half 137
  warns half 'copy: end of file after 65536 bytes of 100000'
  assert_equal "$(cat half.out)" ''
}

@test "pipe: Ctrl-Z in the middle of a long message does no harm" {
  copy pipe_message "$(text 100000)"
  held long ./copy
  kill -STOP "$child"
  await 10 halted "$child"
  kill -CONT "$parent"
  await 10 asleep "$parent" # in write(2), which the stop makes return early
  kill -STOP "$parent"
  await 10 halted "$parent"
  kill -CONT "$parent"
  kill -CONT "$child"
  join long
  assert_equal "$(cat long.err)" ''
  assert_equal "$(tr -cd z <long.out | wc -c)" 100000
}

# TRAP-PIPE2-1 TRAP-PIPE2-3
@test "pipe: a parent that is writing to a child that dies does not hang" {
  copy pipe_message "$(text 100000)"
  held half ./copy
  kill -STOP "$child"
  await 10 halted "$child"
  kill -CONT "$parent"
  await 10 asleep "$parent"
  kill -KILL "$child"
  join half 1
  warns half 'copy: child died of signal 9'
  assert_equal "$(cat half.out)" "$WAIT"
}

# --- both -------------------------------------------------------------------

@test "pipe: a full disk and a reader that is gone are exit 1 with a reason" {
  nobody_reads
  for prog in pipe_hello pipe_message; do
    run bash -c "timeout 10 $prog >/dev/full"
    assert_failure 1
    assert_output --partial "No space left on device"
    run bash -c "timeout 10 $prog >&$unread"
    assert_failure 1
    assert_output --partial "Broken pipe"
  done
}

@test "pipe: pipe_message exits 1 when only its parent's line is lost" {
  copy pipe_message 's/failed = printf([^;]*;/failed = 1;/'
  run --separate-stderr timeout 10 ./copy
  assert_failure 1
  assert_equal "$output" "$READ"
}

@test "pipe: a closed stdout is exit 1 with a reason" {
  [[ ${UNDER:-} != valgrind ]] || skip 'valgrind opens closed descriptors'
  for prog in pipe_hello pipe_message; do
    run bash -c "timeout 10 $prog >&-"
    assert_failure 1
    assert_output --partial 'Bad file descriptor'
    run bash -c "timeout 10 $prog <&- >&- 2>&-"
    assert_failure 1
  done
}

@test "pipe: closed standard descriptors change nothing that can be seen" {
  run timeout 10 pipe_hello <&-
  assert_success
  assert_output "$GREETING"
  run timeout 10 pipe_message <&-
  assert_success
  assert_line "$READ"
  assert_line "$WAIT"
  run bash -c 'timeout 10 pipe_hello <&- 2>&-'
  assert_success
  assert_output "$GREETING"
}

@test "pipe: an inherited SIG_IGN for SIGCHLD or SIGPIPE changes nothing" {
  for prog in pipe_hello pipe_message; do
    run --separate-stderr timeout 10 env --ignore-signal=CHLD --ignore-signal=PIPE $prog
    assert_success
    assert_equal "$stderr" ''
  done
}

@test "pipe: any argument is wrong usage, exit 2, nothing on stdout" {
  for prog in pipe_hello pipe_message; do
    for arg in extra -h -- ''; do
      run --separate-stderr timeout 10 $prog "$arg"
      assert_failure 2
      assert_equal "$output" ''
      [[ $stderr == "$prog: usage: "*"$prog" ]] # whatever path it was called by
    done
  done
}

@test "pipe: many copies at once do not meet, and leave no process behind" {
  local pids=() n=10
  [[ ${UNDER:-} != valgrind ]] || n=3 # they take seconds each
  for ((i = 0; i < n; i++)); do start "hello$i" pipe_hello; pids+=("${PID[hello$i]}"); done
  for ((i = 0; i < n; i++)); do start "message$i" pipe_message; pids+=("${PID[message$i]}"); done
  for ((i = 0; i < n; i++)); do
    join "hello$i"
    assert_equal "$(cat "hello$i.out")" "$GREETING"
    join "message$i"
    assert_equal "$(sort "message$i.out")" "$READ"$'\n'"$WAIT"
  done
  for pid in "${pids[@]}"; do run ! kill -0 -- "-$pid"; done
}

@test "pipe: a run after a SIGKILL works" {
  held killed pipe_message
  kill -KILL "$parent"
  join killed 137
  run timeout 10 pipe_message
  assert_success
}

@test "pipe: the cast names the lines that the programs print, no more and no fewer" {
  for prog in pipe_hello pipe_message; do
    sed -n "/^example $prog /,/ ends 0/s/^[a-z]* prints //p" "$BATS_TEST_DIRNAME/../pipe/cast" | sort >cast
    timeout 10 $prog | sort >printed
    assert_equal "$(cat printed)" "$(cat cast)"
  done
}

# README: every block of commands (front.bats plays make run-pipe). make might
# build anew, by other flags: what it would run then is run here.
@test "pipe: the commands of the lesson sheet do what it says" {
  local root=${BATS_TEST_DIRNAME%/*}
  mkdir build
  ln -s "$BUILD/pipe" build/pipe
  ln -s "$root/pipe" pipe
  awk '/^```sh$/ { n++; p = 1; next } /^```/ { p = 0 } p { print > ("block" n) }' pipe/README.md
  for block in block*; do
    if grep -qx 'make run-pipe' "$block"; then rm "$block"; continue; fi
    sed -i "s|^make claim ID=|'$root/scripts/claims' -q -b '$BUILD' |" "$block"
    run timeout 30 bash "$block"
    assert_success
    echo "$output" >>said
  done
  run ! grep '^make' block*
  for line in "$GREETING" "$READ" "$WAIT" 'status 1' 100000 \
    'Status of yes: 141' 'PIPE-10, article A 一.2 comment'; do
    run -0 grep -cxF -- "$line" said
  done
  # The child of the one that is ended may say so meanwhile, in the same line.
  run -0 grep -cF 'status 124' said
  assert_output 2
}
