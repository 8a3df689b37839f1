#!/usr/bin/env bats
# The variants of the room pipe: pipe_reverse, pipe_duplex and pipe_siblings.

# shellcheck disable=SC2154 # run --separate-stderr sets stderr
setup() { load helpers; common_setup; }
teardown() { common_teardown; }

ROOT=${BATS_TEST_DIRNAME%/*}
WRITES='Child process write to parent and exit...'
READS='Parent process read 54 bytes data from pipe: "This information is from child: Hello, parent process!"'
PIPES='Two pipes: 1000000 bytes there and 1000000 bytes back.'
PAIR='A socket pair: 1000000 bytes there and 1000000 bytes back.'
ENDLESS=1000000000000 # bytes: whoever sends them is busy until we end it

# copy PROGRAM SED-SCRIPT: ./copy, the program altered.
copy() {
  sed -E "$2" "$ROOT/pipe/$1.c" >copy.c
  run ! cmp copy.c "$ROOT/pipe/$1.c" # the script must have hit
  cc -w -o copy copy.c
}
# a_full_pipe: whoever writes to full.in waits, until `drain`.
a_full_pipe() {
  mkfifo full.in
  exec {full}<>full.in
  head -c 65536 /dev/zero >&"$full"
}
drain() { timeout 10 head -c 65536 <&"$full" >/dev/null; }
# nobody_reads: descriptor $unread leads into a pipe whose reader is gone.
nobody_reads() {
  mkfifo unread.in
  exec {both}<>unread.in
  exec {unread}>unread.in
  exec {both}>&-
}
# children NAME N: it has N, whose pids are in $child and, if two, $second.
children() {
  await 10 has_children "$1" "$2" || return 1
  # shellcheck disable=SC2046
  set -- $(child_of "$1")
  child=$1 second=${2:-}
}
# shellcheck disable=SC2046
has_children() { set -- "$2" $(child_of "$1"); (($# - 1 == $1)); }
has_files() { (($(find "/proc/$1/fd" -type l | wc -l) == $2)); }
asleep() { state "$1" && [[ $STATE == S ]]; }
halted() { state "$1" && [[ $STATE == [Tt] ]]; }
# becomes PID NAME: it has become this program.
becomes() { [[ $(cat "/proc/$1/comm") == "$2" ]]; }
# on_stage VARIANT: as make run-pipe-VARIANT plays it.
on_stage() { (cd "$ROOT" && TMPDIR=$BATS_TEST_TMPDIR timeout 60 stage -b "$BUILD" "pipe:$1"); }

# --- pipe_reverse -----------------------------------------------------------

@test "pipe: pipe_reverse: the child's line, then what the parent read, in this order" {
  for _ in {1..5}; do
    run --separate-stderr timeout 10 pipe_reverse
    assert_success
    assert_equal "$output" "$WRITES"$'\n'"$READS"
    assert_equal "$stderr" ''
  done
}

@test "pipe: pipe_reverse: delivers a message of any length whole" {
  for size in 1 100000; do
    copy pipe_reverse "s/^#define MSG_STR.*/#define MSG_STR \"$(printf "%${size}s" '' | tr ' ' z)\"/"
    run --separate-stderr timeout 20 ./copy
    assert_success
    assert_equal "$stderr" ''
    assert_equal "$(tr -cd z <<<"$output" | wc -c)" "$size"
    assert_line --partial "read $size bytes data"
  done
}

# The child stands still in its printf(3).
@test "pipe: pipe_reverse: the parent waits in read(2); a child killed before it writes is told" {
  for sig in KILL TERM; do
    a_full_pipe
    start reverse bash -c 'exec pipe_reverse >full.in'
    children reverse 1
    await 10 asleep "$child"
    await 10 blocked reverse
    kill -$sig "$child"
    join reverse 1
    warns reverse "pipe_reverse: child died of signal $(kill -l $sig), after 0 bytes of 54"
    exec {full}>&-
    rm full.in
  done
}

@test "pipe: pipe_reverse: a child killed half way is told, with what had come" {
  copy pipe_reverse "s/^#define MSG_STR.*/#define MSG_STR \"$(printf '%100000s' '' | tr ' ' z)\"/
    s/^static void child/#include <signal.h>\n&/
    s/sent \+= rv;/& raise(SIGKILL);/; s/strlen\(MSG_STR\) - sent\)/sent ? 1 : 300)/"
  run --separate-stderr timeout 10 ./copy
  assert_failure 1
  assert_equal "$output" "$WRITES"
  assert_equal "$stderr" 'copy: child died of signal 9, after 300 bytes of 100000'
}

@test "pipe: pipe_reverse: a parent that is killed is EPIPE for the child, which says so and ends" {
  for sig in KILL TERM INT HUP; do
    a_full_pipe
    start reverse bash -c 'exec pipe_reverse >full.in'
    children reverse 1
    await 10 asleep "$child"
    await 10 blocked reverse
    hit reverse $sig
    join reverse $((128 + $(kill -l $sig)))
    drain
    await 10 gone "$child"
    warns reverse 'pipe_reverse: write to the pipe: Broken pipe'
    exec {full}>&-
    rm full.in
  done
}

@test "pipe: pipe_reverse: Ctrl-C ends both" {
  a_full_pipe
  start reverse bash -c 'exec pipe_reverse >full.in'
  children reverse 1
  await 10 asleep "$child"
  kill -INT -- "-${PID[reverse]}"
  join reverse 130
  await 10 gone "$child"
  assert_equal "$(cat reverse.err)" ''
}

@test "pipe: pipe_reverse: Ctrl-Z does no harm, not even in the middle of a long message" {
  copy pipe_reverse "s/^#define MSG_STR.*/#define MSG_STR \"$(printf '%100000s' '' | tr ' ' z)\"/"
  a_full_pipe
  start reverse bash -c 'exec ./copy >full.in'
  children reverse 1
  await 10 asleep "$child"
  await 10 blocked reverse
  hit reverse TSTP
  await 10 stopped reverse
  drain
  run timeout 10 head -n 1 <&"$full"
  assert_output "$WRITES"
  await 10 asleep "$child" # in write(2), which the stop makes return early
  kill -TSTP "$child"
  await 10 halted "$child"
  kill -CONT "$child"
  hit reverse CONT
  run timeout 10 head -n 1 <&"$full"
  assert_output --partial 'read 100000 bytes'
  join reverse
  assert_equal "$(cat reverse.err)" ''
}

# --- pipe_duplex ------------------------------------------------------------

@test "pipe: pipe_duplex: a million bytes there and back, by two pipes and by a socket pair" {
  run --separate-stderr timeout 20 pipe_duplex
  assert_success
  assert_equal "$output" "$PIPES"$'\n'"$PAIR"
  assert_equal "$stderr" ''
}

# 131072: what two pipes hold, of 65536 each
@test "pipe: pipe_duplex: any number of bytes, and none gets stuck" {
  for bytes in 1 65537 131073 3000000; do
    run --separate-stderr timeout 20 pipe_duplex $bytes
    assert_success
    assert_line "Two pipes: $bytes bytes there and $bytes bytes back."
    assert_line "A socket pair: $bytes bytes there and $bytes bytes back."
    assert_equal "$stderr" ''
  done
}

@test "pipe: pipe_duplex: a wrong byte, too few and too many are told" {
  copy pipe_duplex 's/toupper\(\(unsigned char\)buf\[i\]\)/buf[i] == 122 ? 63 : toupper(buf[i])/'
  run --separate-stderr timeout 10 ./copy
  assert_failure 1
  assert_equal "$output" ''
  output=$stderr assert_output --partial 'copy: byte 25 came back wrong'
  copy pipe_duplex 's/while \(\(n = read\(in, buf, sizeof buf\)\) > 0\) \{/if ((n = read(in, buf, 10)) > 0) {/'
  run --separate-stderr timeout 10 ./copy 10
  assert_failure 1 # its status is not 0
  copy pipe_duplex 's/while \(\(n = read\(in, buf, sizeof buf\)\) > 0\) \{/while ((n = read(in, buf, 9)) == 9) {/
    s/n == 0 \?/n < 9 ?/'
  run --separate-stderr timeout 10 ./copy 10
  assert_failure 1
  assert_equal "$stderr" 'copy: 9 bytes of 10 came back'
}

@test "pipe: pipe_duplex: a write(2) that finds no room after all is tried again" {
  copy pipe_duplex 's/ssize_t rv = write\(/static int n; ssize_t rv = n++ % 2 ? (errno = EAGAIN, -1) : write(/'
  run --separate-stderr timeout 10 ./copy
  assert_success
  assert_equal "$output" "$PIPES"$'\n'"$PAIR"
}

@test "pipe: pipe_duplex: while the child stands still, the parent waits in poll(2), not in write(2)" {
  [[ ${UNDER:-} != valgrind ]] || skip '/proc/PID/syscall is that of valgrind'
  start duplex pipe_duplex $ENDLESS
  children duplex 1
  # Neither has an end of the other's, on which it would wait for itself.
  await 10 has_files "$child" 5
  await 10 has_files "${PID[duplex]}" 5
  kill -STOP "$child"
  await 10 halted "$child"
  await 10 blocked duplex
  run cat "/proc/${PID[duplex]}/syscall"
  if [[ $(uname -m) == x86_64 && $status == 0 ]]; then assert_output --regexp '^(7|271) '; fi
  kill -KILL "$child"
  join duplex 1 # it may be told by either pipe
  grep -qxE 'pipe_duplex: (write to the child: Broken pipe|child died of signal 9)' duplex.err
}

@test "pipe: pipe_duplex: the child says nothing and ends, however the parent ends" {
  for sig in KILL TERM INT HUP; do
    start duplex pipe_duplex $ENDLESS
    children duplex 1
    hit duplex $sig
    join duplex $((128 + $(kill -l $sig)))
    await 10 gone "$child"
    assert_equal "$(cat duplex.out)" ''
  done
}

# The child waits in write(2): its answers have filled the pipe.
@test "pipe: pipe_duplex: a child that waits for a parent that is killed ends, too" {
  start duplex pipe_duplex $ENDLESS
  children duplex 1
  hit duplex STOP
  await 10 stopped duplex
  await 10 asleep "$child"
  hit duplex KILL
  join duplex 137
  await 10 gone "$child"
}

@test "pipe: pipe_duplex: Ctrl-C ends both, Ctrl-Z does no harm" {
  local stop=TSTP
  [[ ${UNDER:-} != valgrind ]] || stop=STOP # valgrind makes no stop of the other
  start duplex pipe_duplex $ENDLESS
  children duplex 1
  kill "-$stop" -- "-${PID[duplex]}"
  await 10 stopped duplex
  await 10 halted "$child"
  kill -CONT -- "-${PID[duplex]}"
  kill "-$stop" "$child"
  await 10 halted "$child"
  await 10 blocked duplex
  kill -CONT "$child"
  kill -INT -- "-${PID[duplex]}"
  join duplex 130
  await 10 gone "$child"
  assert_equal "$(cat duplex.err)" ''
}

@test "pipe: pipe_duplex: each call that fails is told, exit 1" {
  can_inject
  local spec call
  while read -r spec call; do
    run --separate-stderr injects "$spec" -- pipe_duplex 10
    assert_failure 1
    output=$stderr assert_output --regexp "^pipe_duplex: $call( \(limit [a-z .-]+\))?: "
  done <<'EOT'
socketpair:error=EMFILE socketpair
?fork,?vfork,?clone,?clone3:error=EAGAIN:when=2 fork
shutdown:error=ENOTCONN end of what goes to the child
fcntl:error=EINVAL:when=1 fcntl
fcntl:error=EINVAL:when=2 fcntl
?poll,?ppoll:error=ENOMEM poll
wait4:error=ECHILD:when=2 waitpid
EOT
  run --separate-stderr injects write:error=ENOSPC:when=1 -- pipe_duplex
  assert_failure 1
  assert_equal "$stderr" 'pipe_duplex: write to the child: No space left on device'
}

@test "pipe: pipe_duplex: what fails in the child, or in the parent's read(2), is told, exit 1" {
  local call
  # What is altered is there once; what the program says of it comes after the #.
  while IFS='#' read -r script call; do
    copy pipe_duplex "$script"
    run --separate-stderr timeout 10 ./copy
    assert_failure 1
    assert_equal "$output" ''
    output=$stderr assert_output --partial "copy: $call: Bad file descriptor"
  done <<'EOT'
s/write\(out, buf/write(-1, buf/#child: write
s/\(n = read\(in/(n = read(-1/#child: read
s/ssize_t n = read\(in/ssize_t n = read(-1/#read from the child
EOT
}

@test "pipe: pipe_duplex: what is no number of bytes is wrong usage, exit 2" {
  for args in 0 -1 +1 1x '' ' 1' 99999999999999999999 '1 1'; do
    # shellcheck disable=SC2086
    if [[ $args == '1 1' ]]; then set -- $args; else set -- "$args"; fi
    run --separate-stderr timeout 10 pipe_duplex "$@"
    assert_failure 2
    assert_equal "$output" ''
    [[ $stderr == "pipe_duplex: usage: "*"pipe_duplex [BYTES]" ]]
  done
}

# --- pipe_siblings ----------------------------------------------------------

@test "pipe: pipe_siblings: what echo says, tr reads; both have status 0" {
  run --separate-stderr timeout 10 pipe_siblings
  assert_success
  assert_equal "$output" $'HELLO WORLD\nStatus of echo: 0\nStatus of tr: 0'
  assert_equal "$stderr" ''
}

# As in the shell: what bash has in PIPESTATUS, and in $?.
@test "pipe: pipe_siblings: the statuses are those of the shell's a | b" {
  local a b one two
  for a in 'exit 3' 'kill -9 $$'; do
    for b in 'exit 0' 'exit 5' 'kill -TERM $$'; do
      read -r one two < <(bash -c "bash -c '$a' | sh -c '$b'; echo \${PIPESTATUS[*]}" 2>/dev/null)
      run --separate-stderr timeout 10 pipe_siblings bash -c "$a" '|' sh -c "$b"
      assert_equal "$status" "$two"
      assert_equal "$output" "Status of bash: $one"$'\n'"Status of sh: $two"
      assert_equal "$stderr" ''
    done
  done
}

@test "pipe: pipe_siblings: the first is ended by SIGPIPE when the second has read enough" {
  for ignored in '' --ignore-signal=PIPE --ignore-signal=CHLD; do
    run --separate-stderr timeout 10 env $ignored pipe_siblings yes '|' head -n 1
    assert_success
    assert_equal "$output" $'y\nStatus of yes: 141\nStatus of head: 0'
    assert_equal "$stderr" ''
  done
}

@test "pipe: pipe_siblings: the second sees the end of the file when the first ends" {
  run -0 timeout 10 pipe_siblings true '|' cat
  assert_output $'Status of true: 0\nStatus of cat: 0'
  run -0 timeout 10 pipe_siblings seq 100000 '|' tail -n 1
  assert_line 100000
}

@test "pipe: pipe_siblings: it waits for both, whoever ends first" {
  keyboard siblings
  start siblings pipe_siblings cat '|' sh -c 'exec <&-; echo has ended'
  await 10 says siblings 'has ended'
  children siblings 2
  await 10 gone "$second"
  await 10 blocked siblings
  run ! ended siblings
  types siblings one # cat gets SIGPIPE
  join siblings 0
  says siblings 'Status of cat: 141'
}

@test "pipe: pipe_siblings: each command has its three descriptors and no more" {
  [[ ${UNDER:-} != valgrind ]] || skip 'valgrind has descriptors of its own'
  local ls='ls -l /proc/self/fd'
  # shellcheck disable=SC2086
  start one pipe_siblings $ls '|' cat
  join one
  run sed -nE 's/.* ([0-9]+) -> (pipe|.*(null|fd)$)?.*/\1 \2/p' one.out
  assert_line --index 1 '1 pipe'
  refute_line --regexp '^[^1] pipe'
  assert_equal "${#lines[@]}" 4 # and the folder that ls(1) reads
  # shellcheck disable=SC2086
  start two pipe_siblings true '|' $ls
  join two
  run sed -nE 's/.* ([0-9]+) -> (pipe|.*(null|fd)$)?.*/\1 \2/p' two.out
  assert_line --index 0 '0 pipe'
  refute_line --regexp '^[^0] pipe'
  assert_equal "${#lines[@]}" 4
}

@test "pipe: pipe_siblings: any bytes, any length, and its own input for the first" {
  printf 'a\0b\377\n' >bytes
  head -c 300000 /dev/zero >>bytes
  run -0 bash -c "timeout 10 pipe_siblings cat '|' cksum <bytes"
  assert_line --index 0 "$(cksum <bytes)"
  run -0 timeout 10 pipe_siblings printf '<%s>' 'two words' '' '*' '|' cat
  assert_line --index 0 --partial '<two words><><*>'
}

@test "pipe: pipe_siblings: a command that is not there is 127, one that cannot run 126" {
  run -127 --separate-stderr timeout 10 pipe_siblings echo a '|' ./no-such
  assert_line 'Status of ./no-such: 127'
  assert_equal "$stderr" 'pipe_siblings: ./no-such: No such file or directory'
  run --separate-stderr timeout 10 pipe_siblings ./no-such '|' cat
  assert_success
  assert_line 'Status of ./no-such: 127'
  : >plain
  run --separate-stderr timeout 10 pipe_siblings echo a '|' ./plain
  assert_failure 126
  assert_equal "$stderr" 'pipe_siblings: ./plain: Permission denied'
}

@test "pipe: pipe_siblings: closed standard descriptors do not mix with the pipe" {
  [[ ${UNDER:-} != valgrind ]] || skip 'valgrind opens closed descriptors'
  for closed in '<&-' '2>&-' '<&- 2>&-'; do
    run -0 bash -c "timeout 10 pipe_siblings $closed"
    assert_line --index 0 'HELLO WORLD'
  done
  for closed in '>&-' '<&- >&-' '<&- >&- 2>&-'; do
    run -1 bash -c "timeout 10 pipe_siblings echo hello '|' sh -c 'cat >seen' $closed"
    assert_equal "$(cat seen)" hello
    rm seen
  done
}

@test "pipe: pipe_siblings: however it ends, both commands end, too" {
  local whom sig
  for sig in KILL TERM INT HUP; do
    for whom in '' -; do # it alone, or all as by Ctrl-C
      start siblings pipe_siblings sleep 1000 '|' sleep 1000
      children siblings 2
      await 10 becomes "$child" sleep
      await 10 becomes "$second" sleep
      kill -$sig -- "$whom${PID[siblings]}"
      join siblings $((128 + $(kill -l $sig)))
      await 10 gone "$child"
      await 10 gone "$second"
      assert_equal "$(cat siblings.out siblings.err)" ''
    done
  done
}

@test "pipe: pipe_siblings: each call that fails is told, exit 1, and nothing runs on" {
  can_inject
  local spec call
  while read -r spec call; do
    run --separate-stderr injects "$spec" -- pipe_siblings sleep 1000 '|' cat
    assert_failure 1
    assert_equal "$output" ''
    output=$stderr assert_output --regexp "^pipe_siblings: $call( \(limit [a-z .-]+\))?: "
  done <<'EOT'
?pipe,?pipe2:error=ENFILE pipe
?fork,?vfork,?clone,?clone3:error=EAGAIN:when=1 fork
?fork,?vfork,?clone,?clone3:error=EAGAIN:when=2 fork
wait4:error=ECHILD:when=1 waitpid
EOT
  run --separate-stderr injects '?dup2,?dup3:error=EBADF' -- pipe_siblings echo a '|' cat
  assert_failure 1
  assert_line 'Status of echo: 1'
  # Both say so, and do not talk at once.
  assert_equal "$stderr" "$(printf 'pipe_siblings: dup2: Bad file descriptor\n%.0s' 1 2)"
  # A child that cannot see to it that it ends with its parent does not begin.
  run --separate-stderr injects prctl:error=EINVAL -- pipe_siblings echo a '|' cat
  assert_failure 1
  assert_equal "$output" $'Status of echo: 1\nStatus of cat: 1'
}

@test "pipe: pipe_siblings: anything but one bar between two commands is wrong usage, exit 2" {
  for args in 'cat' '| cat' 'cat |' '|' 'cat | cat | cat' '| |' 'cat || cat'; do
    # shellcheck disable=SC2086
    run --separate-stderr timeout 10 pipe_siblings $args
    assert_failure 2
    assert_equal "$output" ''
    [[ $stderr == "pipe_siblings: usage: "*"pipe_siblings [COMMAND "* ]]
  done
}

# --- all --------------------------------------------------------------------

@test "pipe: pipe_reverse pipe_duplex: the calls that all make, when they fail, are told, exit 1" {
  can_inject
  local prog spec call
  for prog in pipe_reverse pipe_duplex; do
    while read -r spec call; do
      run --separate-stderr injects "$spec" -- $prog
      assert_failure 1
      output=$stderr assert_output --regexp "^$prog: $call( \(limit [a-z .-]+\))?: "
    done <<'EOT'
?pipe,?pipe2:error=EMFILE:when=1 pipe
?fork,?vfork,?clone,?clone3:error=EAGAIN:when=1 fork
wait4:error=ECHILD:when=1 waitpid
EOT
  done
  run --separate-stderr injects '?pipe,?pipe2:error=EMFILE:when=2' -- pipe_duplex
  assert_failure 1
  output=$stderr assert_output --regexp '^pipe_duplex: pipe: ' # the C library has the words
  # Its parent's read(2), and its child's write(2), of more than a pipe holds.
  copy pipe_reverse "s/^#define MSG_STR.*/#define MSG_STR \"$(printf '%100000s' '' | tr ' ' z)\"/
    s/read\(pipe_fd\[0\]/read(-1/"
  run --separate-stderr timeout 10 ./copy
  assert_failure 1
  assert_line --index 0 "$WRITES"
  output=$stderr assert_output --partial 'copy: read from the pipe: Bad file descriptor'
  # Here the child has no trouble: it fails when all is there but the end.
  copy pipe_reverse 's/read\(pipe_fd\[0\]/read(len > 0 ? -1 : pipe_fd[0]/'
  run --separate-stderr timeout 10 ./copy
  assert_failure 1
  assert_equal "$output" "$WRITES"
  copy pipe_reverse 's/write\(fd/write(-1/'
  run --separate-stderr timeout 10 ./copy
  assert_failure 1
  assert_equal "$output" "$WRITES"
  assert_equal "$stderr" 'copy: write to the pipe: Bad file descriptor'
}

@test "pipe: variants: a full disk, a reader that is gone and a closed stdout are exit 1 with a reason" {
  nobody_reads
  for prog in pipe_reverse pipe_duplex "pipe_siblings true '|' true"; do
    run bash -c "timeout 10 $prog >/dev/full"
    assert_failure 1
    assert_output --regexp "^${prog%% *}: stdout: No space left on device"
    run bash -c "trap '' PIPE; timeout 10 $prog >&$unread"
    if [[ $prog == pipe_siblings* ]]; then # SIGPIPE is as it should be in a pipeline
      assert_failure 141
    else
      assert_failure 1
      assert_output --regexp "^$prog: stdout: Broken pipe"
    fi
    [[ ${UNDER:-} != valgrind ]] || continue # it opens closed descriptors
    run bash -c "timeout 10 $prog >&-"
    assert_failure 1
    assert_output --regexp "^${prog%% *}: stdout: Bad file descriptor"
  done
}

@test "pipe: pipe_reverse: exit 1 when only its parent's line is lost, or only its child's" {
  copy pipe_reverse 's/if \(printf\("Parent/close(1); &/'
  run --separate-stderr timeout 10 ./copy
  assert_failure 1
  assert_equal "$output" "$WRITES"
  assert_equal "$stderr" 'copy: stdout: Bad file descriptor'
  copy pipe_reverse 's/if \(printf\("Child/close(1); &/'
  run --separate-stderr timeout 10 ./copy
  assert_failure 1
  assert_equal "$output" ''
  assert_equal "$stderr" 'copy: stdout: Bad file descriptor'
}

@test "pipe: variants: inherited signal dispositions change nothing" {
  for prog in pipe_reverse pipe_duplex pipe_siblings; do
    run --separate-stderr timeout 10 env --ignore-signal=CHLD --ignore-signal=PIPE $prog
    assert_success
    assert_equal "$stderr" ''
  done
  # Without the one, no status; without the other, a silent death.
  nobody_reads
  run bash -c "timeout 10 pipe_duplex >&$unread"
  assert_failure 1
}

@test "pipe: pipe_reverse: any argument is wrong usage, exit 2" {
  for arg in -h ''; do
    run --separate-stderr timeout 10 pipe_reverse "$arg"
    assert_failure 2
    assert_equal "$output" ''
    [[ $stderr == "pipe_reverse: usage: "*"pipe_reverse" ]]
  done
}

@test "pipe: variants: many copies at once do not meet, and leave no process behind" {
  local pids=() n=3 prog i
  [[ ${UNDER:-} != valgrind ]] || n=2
  for ((i = 0; i < n; i++)); do
    for prog in reverse duplex siblings; do
      start "$prog$i" "pipe_$prog"
      pids+=("${PID[$prog$i]}")
    done
  done
  for ((i = 0; i < n; i++)); do
    for prog in reverse duplex siblings; do join "$prog$i"; done
    assert_equal "$(cat "reverse$i.out")" "$WRITES"$'\n'"$READS"
    assert_equal "$(cat "duplex$i.out")" "$PIPES"$'\n'"$PAIR"
    assert_equal "$(head -n 1 "siblings$i.out")" 'HELLO WORLD'
  done
  for i in "${pids[@]}"; do run ! kill -0 -- "-$i"; done
}

@test "pipe: variants: a second user plays them, too" {
  second_user pipe_reverse pipe_duplex pipe_siblings
  for prog in pipe_reverse pipe_duplex pipe_siblings; do
    run --separate-stderr as_nobody timeout 20 $prog
    assert_success
    assert_equal "$stderr" ''
  done
}

# README: the section Variants has a command for each that the cast has.
@test "pipe: variants: each one's play on the stage is as its cast says" {
  local played=()
  while read -r prog; do
    run -0 on_stage "$prog"
    assert_line 'left behind: nothing'
    assert_line "pipe:$prog: ok"
    played+=("$prog")
  done < <(grep -o 'make run-pipe-[a-z_]*' "$ROOT/pipe/README.md" | cut -d - -f 3)
  run sed -n 's/^variant \([^ ]*\).*/\1/p' "$ROOT/pipe/cast"
  assert_output "$(printf '%s\n' "${played[@]}")"
}
