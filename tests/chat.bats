#!/usr/bin/env bats
# fifo_chat: article B 四.2. TRAP-CHAT-n names the defect of the listing that a
# test would find if it came back.

setup() { load helpers; common_setup; }
teardown() { common_teardown; }

MADE='FIFO file ".fifo_chat1" not exist and create it now
FIFO file ".fifo_chat2" not exist and create it now'
OPENS=('' '')
OPENS[0]="start open '.fifo_chat1' for read and it will blocked untill write endpoint opened...
start open '.fifo_chat2' for write..."
OPENS[1]="start open '.fifo_chat1' for write and it will blocked untill read endpoint opened...
start open '.fifo_chat2' for read..."
CHATS='start chating with another program now, please input message now: '
CLOSED='Another side of FIFO get closed and program will exit now'
BROKEN='get pipe broken signal and let programe exit'
NAME=(zero one)

# LeakSanitizer cannot work under ptrace(2).
traced=(env "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0" strace -qq)
fifos=(-P .fifo_chat1 -P .fifo_chat2)
SELECT='?select,?_newselect,?pselect6,?pselect6_time64'

# sits MODE [CMD...]: start zero or one, with a keyboard if it has no input yet.
sits() {
  local name=${NAME[$1]}
  [[ -e $name.in ]] || keyboard "$name"
  start "$name" "${@:2}" fifo_chat "$1"
}
# waits MODE: it has said for whom, and stands still in open(2).
waits() {
  await 20 warns "${NAME[$1]}" "waiting for fifo_chat $((1 - $1)), started in this directory"
  await 20 stands_in_open "${NAME[$1]}"
}
# That FIFO is not open yet, and the process sleeps.
stands_in_open() { blocked "$1" && ! opened "$1" .fifo_chat1; }
opened() { # NAME FIFO: one of its descriptors is that FIFO
  local fd
  for fd in "/proc/${PID[$1]}/fd/"*; do
    if [[ $fd -ef $2 ]]; then return; fi
  done
  return 1
}
chats() { await 20 says "$1" "$CHATS"; }
# pair [FIRST]: zero and one in a chat, the one named by FIRST (0) came first.
pair() {
  local first=${1:-0}
  sits "$first"
  await 20 warns "${NAME[first]}" 'waiting for'
  sits $((1 - first))
  chats zero
  chats one
}
# again: the names are free for the next round.
again() { rm -f zero.in one.in; }
# heard NAME: what it showed after the chat began.
heard() { sed "1,/^start chating/d" "$1.out"; }
# bye: one hangs up; both end in peace.
bye() {
  hangs_up one
  join one
  join zero
  await 1 says zero "$CLOSED"
}
# unplugs NAME: as hangs_up, for a program under strace, which lets go of its own
# stdin. Only once the chat is on.
unplugs() {
  local fd=KEYS_$1
  fd=${!fd}
  exec {fd}>&-
}
# spoken FILE: how the other side must show these bytes (complete lines).
spoken() { sed 's/^/<-- /' "$1"; }
# halted NAME: its program, traced into NAME.trace, took an injected SIGSTOP.
halted() { grep -qs 'stopped by SIGSTOP' "$1.trace"; }
# goes_on NAME CMD...: wake that program until CMD succeeds.
goes_on() {
  local pid
  pid=$(child_of "$1")
  kill -CONT "${pid% }" 2>/dev/null
  "${@:2}"
}
# stdout_gone CMD...: with a pipe for stdout that nobody reads.
stdout_gone() {
  rm -f gone.in
  mkfifo gone.in
  # shellcheck disable=SC2016
  run timeout 20 bash -c 'exec 5<>gone.in 6>gone.in 5<&-; exec "$@" >&6 6>&-' - "$@"
}
# both_ends: the two FIFOs are there, and this test holds all four ends, so
# that fifo_chat never waits and never sees an end of file.
both_ends() {
  mkfifo -m 600 .fifo_chat1 .fifo_chat2
  exec {end1}<>.fifo_chat1 {end2}<>.fifo_chat2
}
let_go() { exec {end1}>&- {end2}>&-; }

@test "chat: the transcript is the article's, on both sides, to the byte" {
  pair
  types zero 'hello from 0'
  await 20 says one 'hello from 0'
  types one 'hi, this is 1'
  await 20 says zero 'hi, this is 1'
  types zero bye
  await 20 says one bye
  bye
  diff - zero.out <<<"$MADE
${OPENS[0]}
$CHATS
<-- hi, this is 1
$CLOSED"
  diff - one.out <<<"${OPENS[1]}
$CHATS
<-- hello from 0
<-- bye"
  diff - zero.err <<<'fifo_chat: waiting for fifo_chat 1, started in this directory'
  diff - one.err <<<'fifo_chat: waiting for fifo_chat 0, started in this directory'
}

@test "chat: either may come first, stands still in open(2), and makes the FIFOs" {
  local first lines
  for first in 0 1; do
    sits "$first"
    waits "$first"
    lines=$(head -n 1 <<<"${OPENS[first]}")
    diff - "${NAME[first]}.out" <<<"$MADE"$'\n'"$lines"
    sits $((1 - first))
    chats zero
    chats one
    types zero ping
    await 20 says one '<-- ping'
    types one pong
    await 20 says zero '<-- pong'
    bye
    diff - "${NAME[1 - first]}.out" <<<"${OPENS[1 - first]}
$CHATS
$(heard "${NAME[1 - first]}")"
    assert_not_exists .fifo_chat1
    assert_not_exists .fifo_chat2
    again
  done
}

@test "chat: both started at the same moment find each other, and each FIFO is made once" {
  local i
  for i in 1 2; do
    sits 0
    sits 1
    chats zero
    chats one
    bye
    assert_equal "$(cat zero.out one.out | grep -c '^FIFO file')" 2
    again
  done
}

# TRAP-CHAT-1 TRAP-CHAT-13
@test "chat: lines that come in one burst are all shown, before anything else is typed" {
  pair
  types one one two three
  await 20 says zero three
  assert_equal "$(heard zero)" $'<-- one\n<-- two\n<-- three'
  types zero $'un\ndeux'
  await 20 says one deux
  assert_equal "$(heard one)" $'<-- un\n<-- deux'
  bye
}

# TRAP-CHAT-2
@test "chat: end of input ends the chat for both sides, whichever it is" {
  pair
  types zero 'last words'
  hangs_up zero
  join zero
  join one
  assert_equal "$(heard zero)" ''
  assert_equal "$(heard one)" "<-- last words
$CLOSED"
  again
  pair
  bye
  assert_equal "$(heard one)" ''
  assert_equal "$(heard zero)" "$CLOSED"
}

# TRAP-CHAT-2
@test "chat: after the end of its input it waits asleep for a partner who is stopped" {
  can_inject
  sits 0
  waits 0
  sits 1 "${traced[@]}" -o trace -e "trace=$SELECT"
  chats one
  hit zero STOP
  await 10 stopped zero
  local pid
  pid=$(child_of one)
  unplugs one
  half_closed() { [[ -z $(find "/proc/${pid% }/fd" -lname '*/.fifo_chat1') ]]; }
  await 10 half_closed
  asleep() { grep -q '^State:.S' "/proc/${pid% }/status"; }
  await 10 asleep
  hit zero CONT
  join one
  join zero
  (($(wc -l <trace) < 8))
}

# TRAP-CHAT-21
@test "chat: Ctrl-D on a terminal ends the chat" {
  needs script
  sits 0
  waits 0
  printf 'before\n\004' | timeout 20 script -qec "$(command -v fifo_chat) 1" /dev/null >one.out
  join zero
  assert_equal "$(heard zero)" "<-- before
$CLOSED"
}

@test "chat: both sides without any input end at once, without a word" {
  local first
  : >zero.in
  : >one.in
  for first in 0 1; do
    pair "$first"
    join zero
    join one
    [[ $(heard zero) == "$CLOSED" || -z $(heard zero) ]]
    [[ $(heard one) == "$CLOSED" || -z $(heard one) ]]
  done
}

@test "chat: who has nothing to say hears all that the other has to say" {
  seq "$([[ ${UNDER:-} ]] && echo 15000 || echo 30000)" >zero.in
  : >one.in
  pair
  join zero
  join one
  heard one | diff <(spoken zero.in) -
  assert_equal "$(heard zero)" "$CLOSED"
}

# TRAP-CHAT-19
@test "chat: both talk at once, far more than a FIFO holds, and nothing is lost" {
  local n
  n=$([[ ${UNDER:-} ]] && echo 3000 || echo 40000)
  seq 1 "$n" >zero.in
  seq 2 "$((n + 1))" >one.in
  pair
  join zero
  join one
  heard one | grep -v "^$CLOSED" | diff <(spoken zero.in) -
  heard zero | grep -v "^$CLOSED" | diff <(spoken one.in) -
}

# TRAP-CHAT-8
@test "chat: a line longer than any buffer arrives whole, as one line, at once" {
  local n
  pair
  for n in 1023 1024 1025 2048 2500 20000; do
    types one "$(head -c "$n" /dev/zero | tr '\0' y)"
    types one "end of $n"
    await 20 says zero "end of $n"
  done
  bye
  heard zero | awk '/^<-- y*$/ { print length($0) - 4 }' >lengths
  diff - lengths <<<$'1023\n1024\n1025\n2048\n2500\n20000'
  assert_equal "$(heard zero | wc -l)" 13
}

# TRAP-CHAT-8
@test "chat: a last line without newline is shown at once, and gets its newline" {
  printf 'no newline here' >one.in
  sits 0
  waits 0
  sits 1
  join one
  join zero
  assert_equal "$(heard zero)" "<-- no newline here
$CLOSED"
  again
  pair
  # shellcheck disable=SC2154
  printf 'half' >&"$KEYS_zero"
  await 20 says one '<-- half'
  types zero ' and half'
  await 20 says one '<-- half and half'
  printf 'unfinished' >&"$KEYS_zero"
  await 20 says one '<-- unfinished'
  hangs_up one # its own end is no reason to leave the line open
  join one
  join zero
  assert_equal "$(heard one | tail -c 1 | od -An -c | tr -d ' ')" '\n'
  assert_equal "$(heard one)" $'<-- half and half\n<-- unfinished'
}

# TRAP-CHAT-9 TRAP-CHAT-10
@test "chat: what piled up while it was stopped comes out line by line" {
  local i text
  pair
  hit zero STOP
  await 10 stopped zero
  for i in 1 2 3 4; do
    text=$(head -c 400 /dev/zero | tr '\0' "$i")
    types one "$text"
    printf '<-- %s\n' "$text" >>expected
  done
  types one '' one two
  printf '<-- %s\n' '' one two >>expected
  hit zero CONT
  await 20 says zero '<-- two'
  heard zero | diff expected -
  bye
}

# TRAP-CHAT-11 TRAP-CHAT-9
@test "chat: every byte arrives, NUL and invalid UTF-8 too" {
  pair
  # shellcheck disable=SC2154
  printf 'before\0after\n' >&"$KEYS_one"
  types one next
  await 20 says zero next
  assert_equal "$(heard zero | od -An -c | tr -d ' \n')" '<--before\0after\n<--next\n'
  bye
  again
  head -c 20000 /dev/urandom >zero.in
  echo >>zero.in
  pair
  join zero
  join one
  heard one | grep -avx "$CLOSED" | sed 's/^<-- //' | cmp zero.in -
}

# TRAP-CHAT-12 TRAP-CHAT-18
@test "chat: a third one is refused, whichever side it wants, and nobody is disturbed" {
  pair
  local mode
  for mode in 0 1; do
    run -1 --separate-stderr timeout 20 fifo_chat "$mode" <<<'I am the third'
    # shellcheck disable=SC2154
    [[ $stderr == *"another fifo_chat $mode is already chatting here"* ]]
    refute_output --partial "$CHATS"
  done
  types zero one two three
  await 20 says one three
  types one four
  await 20 says zero four
  assert_equal "$(heard one)" $'<-- one\n<-- two\n<-- three'
  assert_equal "$(heard zero)" '<-- four'
  assert_exists .fifo_chat1
  assert_exists .fifo_chat2
  bye
}

# TRAP-CHAT-6
@test "chat: two of a kind say whom they wait for; one gets him, the other is told" {
  sits 0
  waits 0
  keyboard twin
  start twin fifo_chat 0
  await 20 warns twin 'waiting for fifo_chat 1, started in this directory'
  await 20 stands_in_open twin
  sits 1
  chats one
  either_ended() { ended zero || ended twin; }
  await 20 either_ended
  local loser=twin winner=zero
  if ended zero; then loser=zero winner=twin; fi
  join "$loser" 1
  warns "$loser" 'another fifo_chat 0 is already chatting here'
  chats "$winner"
  types one hello
  if [[ $winner == zero ]]; then await 20 says zero '<-- hello'; fi
  hangs_up one
  join one
  join "$winner"
}

# TRAP-CHAT-6
@test "chat: of two fifo_chat 1 the second is refused at once, the first still waits" {
  sits 1
  waits 1
  run -1 --separate-stderr timeout 20 fifo_chat 1
  [[ $stderr == *'another fifo_chat 1 is already chatting here'* ]]
  assert_exists .fifo_chat1
  stands_in_open one
  sits 0
  chats one
  chats zero
  bye
}

@test "chat: of two that wait for the same one leaves; the other keeps its FIFOs" {
  sits 0
  waits 0
  start twin fifo_chat 0
  await 20 warns twin 'waiting for'
  await 20 stands_in_open twin
  hit twin INT
  join twin 130
  stands_in_open zero
  sits 1
  chats zero
  chats one
  bye
}

# TRAP-CHAT-6
@test "chat: anything but 0 or 1 is wrong usage" {
  local word
  for word in '' 2 00 1x hello -- -1 ' 0' '0 ' +1; do
    echo "fifo_chat '$word'"
    run -2 --separate-stderr timeout 10 fifo_chat "$word"
    assert_output ''
    assert_equal "$stderr" 'fifo_chat: usage: fifo_chat 0|1'
  done
  run -2 --separate-stderr timeout 10 fifo_chat
  assert_equal "$stderr" 'fifo_chat: usage: fifo_chat 0|1'
  run -2 --separate-stderr timeout 10 fifo_chat 0 1
  assert_equal "$stderr" 'fifo_chat: usage: fifo_chat 0|1'
  assert_not_exists .fifo_chat1
}

# TRAP-CHAT-7
@test "chat: with its standard input closed it refuses, and makes nothing" {
  [[ ! ${UNDER:-} == valgrind ]] || skip 'valgrind gives it another standard input'
  local mode
  for mode in 0 1; do
    # shellcheck disable=SC2016
    run -1 --separate-stderr timeout 20 bash -c 'exec fifo_chat "$1" <&-' - "$mode"
    assert_equal "$stderr" 'fifo_chat: stdin: Bad file descriptor'
    assert_output ''
    assert_not_exists .fifo_chat1
    # shellcheck disable=SC2016
    run -1 timeout 20 bash -c 'exec fifo_chat "$1" >&-' - "$mode"
    assert_output 'fifo_chat: stdout: Bad file descriptor'
    assert_not_exists .fifo_chat1
  done
  sits 1
  waits 1
  run -1 timeout 20 bash -c 'exec fifo_chat 0 <&-'
  stands_in_open one
  hit one TERM
  join one 143
}

@test "chat: an input that cannot be read is told, and the other side too" {
  sits 0
  waits 0
  run -1 --separate-stderr timeout 20 fifo_chat 1 <.
  [[ $stderr == *'fifo_chat: read stdin: Is a directory'* ]]
  join zero
  assert_equal "$(heard zero)" "$CLOSED"
}

# TRAP-CHAT-4
@test "chat: what is no FIFO of ours alone is refused and left as it was" {
  local number mode kind before n=0
  for kind in file link dangling directory 'fifo 644' 'fifo 602'; do
    for number in 1 2; do
      mode=$((n++ / 2 % 2))
      case $kind in
      file) echo 'dear diary' >.fifo_chat$number ;;
      link) mkfifo -m 600 elsewhere.in && ln -s elsewhere.in .fifo_chat$number ;;
      dangling) ln -s nowhere .fifo_chat$number ;;
      directory) mkdir .fifo_chat$number ;;
      fifo*) mkfifo -m "${kind#fifo }" .fifo_chat$number ;;
      esac
      before=$(stat -c '%i %A %s %Y' .fifo_chat$number)
      echo "$kind, .fifo_chat$number, fifo_chat $mode"
      run -1 --separate-stderr timeout 20 fifo_chat "$mode"
      assert_equal "$stderr" "fifo_chat: .fifo_chat$number is there, but no FIFO of yours alone"
      assert_equal "$(stat -c '%i %A %s %Y' .fifo_chat$number)" "$before"
      assert_not_exists .fifo_chat$((3 - number))
      assert_not_exists nowhere
      rm -rf .fifo_chat$number elsewhere.in
    done
  done
}

# TRAP-CHAT-4: what changes between the check and open(2) is refused, too.
@test "chat: a file that takes the FIFO's name at the last moment is refused" {
  can_inject
  local mode path
  mkfifo -m 600 other.in
  for path in .fifo_chat1 .fifo_chat2; do
    for mode in 0 1; do
      both_ends
      rm -f late.trace
      start late "${traced[@]}" -f -o late.trace -P "$path" \
        -e inject='?lstat,?newfstatat,?statx,?fstatat64:signal=STOP' fifo_chat "$mode"
      await 10 halted late
      rm "$path"
      echo diary >diary
      if ((mode)); then ln diary "$path"; else ln -s other.in "$path"; fi
      await 20 goes_on late ended late
      join late 1
      assert_equal "$(cat diary)" diary
      if ((mode)); then assert_exists "$path"; else assert_link_exists "$path"; fi
      let_go
      rm -f .fifo_chat1 .fifo_chat2
    done
  done
}

# TRAP-CHAT-15
@test "chat: the FIFOs are private under any umask" {
  local mask
  for mask in 000 077; do
    umask "$mask"
    sits 0
    waits 0
    assert_equal "$(stat -c %a .fifo_chat1 .fifo_chat2)" $'600\n600'
    hit zero TERM
    join zero 143
    again
  done
}

# TRAP-CHAT-15 TRAP-CHAT-4
@test "chat: a second user can neither chat nor listen, nor may we use his FIFOs" {
  second_user fifo_chat
  sits 0
  waits 0
  run -1 as_nobody timeout 10 fifo_chat 1
  assert_output --partial '.fifo_chat1 is there, but no FIFO of yours alone'
  run ! as_nobody timeout 10 cat .fifo_chat1
  assert_output --partial 'Permission denied'
  run ! as_nobody timeout 10 bash -c 'echo >.fifo_chat1'
  assert_output --partial 'Permission denied'
  run ! as_nobody rm -f .fifo_chat2
  stands_in_open zero
  hit zero TERM
  join zero 143

  run -1 --separate-stderr as_nobody timeout 10 fifo_chat 0
  assert_equal "$stderr" 'fifo_chat: mkfifo .fifo_chat1: Permission denied'
  assert_output ''
  mkfifo -m 600 .fifo_chat2
  chown nobody .fifo_chat2
  local mode
  for mode in 0 1; do
    run -1 --separate-stderr timeout 10 fifo_chat "$mode"
    assert_equal "$stderr" 'fifo_chat: .fifo_chat2 is there, but no FIFO of yours alone'
    assert_equal "$(stat -c %U .fifo_chat2)" nobody
  done
  rm .fifo_chat2
}

# TRAP-CHAT-5
@test "chat: whoever is ended by a signal while it waits takes the FIFOs along" {
  local name mode n=0
  for name in HUP INT QUIT TERM; do
    mode=$((n++ % 2))
    sits "$mode"
    waits "$mode"
    hit "${NAME[mode]}" "$name"
    join "${NAME[mode]}" $((128 + $(kill -l "$name")))
    assert_not_exists .fifo_chat1
    assert_not_exists .fifo_chat2
  done
}

# TRAP-CHAT-5 TRAP-CHAT-20
@test "chat: the partner of one that dies is told, leaves with 0 and takes the FIFOs along" {
  local name mode n=0
  for name in INT TERM KILL KILL; do
    mode=$((n++ % 2))
    pair
    types "${NAME[mode]}" 'last words'
    await 20 says "${NAME[1 - mode]}" 'last words'
    hit "${NAME[mode]}" "$name"
    join "${NAME[mode]}" $((128 + $(kill -l "$name")))
    join "${NAME[1 - mode]}"
    assert_equal "$(heard "${NAME[1 - mode]}")" "<-- last words
$CLOSED"
    assert_not_exists .fifo_chat1
    assert_not_exists .fifo_chat2
    again
  done
}

# TRAP-CHAT-5
@test "chat: two that leave in the same moment leave nothing behind" {
  local i
  for i in 1 2; do
    pair
    kill -TERM "${PID[zero]}" "${PID[one]}"
    wait "${PID[zero]}" || true
    wait "${PID[one]}" || true
    unset 'PID[zero]' 'PID[one]'
    assert_not_exists .fifo_chat1
    assert_not_exists .fifo_chat2
    again
  done
}

# The first has looked who is still there, and has not left yet.
@test "chat: of two that leave at once the second waits until the first has left" {
  can_inject
  sits 0 "${traced[@]}" -f -o zero.trace -P "$PWD" -e inject='?fcntl,?fcntl64:signal=STOP:when=2'
  sits 1
  chats zero
  chats one
  kill -TERM "$(child_of zero | tr -d ' ')"
  await 10 halted zero
  hit one TERM
  in_handler() { ended one || grep -q '^SigBlk:.*[4567c-f]...$' "/proc/${PID[one]}/status"; }
  await 10 in_handler
  await 10 blocked one
  await 10 goes_on zero ended zero
  join zero 143
  join one 143
  assert_not_exists .fifo_chat1
}

# This one stands still on its way to its first open(2).
@test "chat: the FIFOs stay as long as somebody may still be on the way to them" {
  can_inject
  mkfifo -m 600 .fifo_chat1 .fifo_chat2
  keyboard late
  start late "${traced[@]}" -f -o late.trace "${fifos[@]}" -e inject='?open,?openat:signal=STOP:when=1' fifo_chat 0
  await 10 halted late
  sits 1
  waits 1
  hit one INT
  join one 130
  assert_exists .fifo_chat1
  sits 1
  waits 1
  await 20 goes_on late says late "$CHATS"
  chats one
  types one hello
  await 20 says late '<-- hello'
  hangs_up one
  join one
  join late
}

# TRAP-CHAT-5
@test "chat: after a SIGKILL the next pair works and cleans up" {
  sits 1
  waits 1
  hit one KILL
  join one 137
  assert_exists .fifo_chat1
  again
  pair 1
  run ! grep -q 'not exist' zero.out one.out
  hit zero STOP # or one of them would be told of the other's death
  hit one STOP
  await 10 stopped zero
  await 10 stopped one
  kill -KILL "${PID[zero]}" "${PID[one]}"
  join zero 137
  join one 137
  assert_exists .fifo_chat2
  again
  pair
  types one hello
  await 20 says zero '<-- hello'
  bye
  assert_not_exists .fifo_chat1
}

# TRAP-CHAT-16
@test "chat: one that dies on the way into the chat leaves nobody waiting for ever" {
  can_inject
  local call mode
  sits 1
  waits 1
  for call in '?open,?openat:signal=KILL:when=1' '?open,?openat:signal=KILL:when=2'; do
    start zero "${traced[@]}" -o /dev/null "${fifos[@]}" -e "inject=$call" fifo_chat 0
    join zero 137
    stands_in_open one
  done
  start zero "${traced[@]}" -o /dev/null "${fifos[@]}" -e inject='?open,?openat:signal=KILL:when=3' fifo_chat 0
  join zero 137
  join one
  assert_equal "$(heard one)" "$CLOSED"
  again
  # The last step of mode 1: its second FIFO is open, and open for us as well.
  sits 0
  waits 0
  start one "${traced[@]}" -o /dev/null "${fifos[@]}" -e inject='?fcntl,?fcntl64:signal=KILL:when=2' fifo_chat 1
  join one 137
  join zero
  assert_equal "$(heard zero)" "$CLOSED"
}

# TRAP-CHAT-16: with something typed, and the end of input, before it is clear.
@test "chat: a partner that dies before it could listen does not swallow words in silence" {
  can_inject
  echo hello >one.in
  sits 1
  waits 1
  start zero "${traced[@]}" -o /dev/null "${fifos[@]}" -e inject='?open,?openat:signal=KILL:when=3' fifo_chat 0
  join zero 137
  await 20 ended one
  if says one "$BROKEN"; then
    join one 1
    warns one 'what was typed last did not arrive'
  else # it was in the FIFO already, out of anybody's sight
    join one
  fi
}

# TRAP-CHAT-3 TRAP-CHAT-17
@test "chat: a SIGPIPE from anybody ends nothing" {
  pair
  hit zero PIPE
  hit one PIPE
  types one hello
  await 20 says zero '<-- hello'
  types zero hello
  await 20 says one '<-- hello'
  bye
  assert_equal "$(heard one)" '<-- hello'
}

# TRAP-CHAT-17
@test "chat: an interrupted select(2) goes on in silence, a failed one is told" {
  can_inject
  sits 0 "${traced[@]}" -o /dev/null -e "inject=$SELECT:error=EINTR:when=1"
  sits 1
  chats zero
  chats one
  types one hello
  await 20 says zero '<-- hello'
  hangs_up one
  join one
  join zero
  assert_equal "$(heard zero)" "<-- hello
$CLOSED"
  again
  sits 0 "${traced[@]}" -o /dev/null -e "inject=$SELECT:error=EINVAL:when=1"
  sits 1
  join zero 1
  warns zero 'fifo_chat: select: Invalid argument'
  assert_equal "$(heard zero)" ''
  join one
}

# stuck: zero and who feeds it sleep, and have not got on since the last look.
stuck() {
  local before=${pos:-}
  blocked zero && blocked feeder || return 1
  pos=$(awk '/^pos:/ { print $2 }' "/proc/${PID[feeder]}/fdinfo/0")
  [[ $pos == "$before" ]] && ((pos >= 4096))
}

# TRAP-CHAT-19
@test "chat: a partner that is stopped freezes nothing, and gets everything later" {
  local word pos=
  seq 100000 >feeder.in # some 590 kB
  pair
  hit one STOP
  await 10 stopped one
  start feeder tee zero.in
  await 20 stuck
  [[ $pos -lt $(wc -c <feeder.in) ]] # it takes no more in than it can send
  for word in 'still here' 'and here'; do
    echo "$word" >.fifo_chat1
    await 20 says zero "<-- $word"
    await 10 blocked zero
  done
  hit one CONT
  join feeder
  hangs_up zero
  join zero
  join one
  heard one | grep -v "^$CLOSED" | diff <(spoken feeder.in) -
}

# TRAP-CHAT-20 TRAP-CHAT-3: this test is the partner, and dies by let_go.
@test "chat: what was typed for one that has died is not dropped without a word" {
  local mode me
  for mode in 0 1; do
    me=${NAME[mode]}
    both_ends
    sits "$mode"
    chats "$me"
    hit "$me" STOP
    await 10 stopped "$me"
    printf 'my last words\nand' | tee .fifo_chat$((mode + 1)) >/dev/null
    types "$me" 'are you there?'
    let_go
    hit "$me" CONT
    join "$me" 1
    assert_equal "$(heard "$me")" "<-- my last words
<-- and
$BROKEN"
    warns "$me" 'fifo_chat: what was typed last did not arrive: Broken pipe'
    assert_not_exists .fifo_chat1
    again
  done
}

# TRAP-CHAT-20
@test "chat: what was typed goes out although the partner has hung up" {
  pair
  hit zero STOP
  await 10 stopped zero
  types zero one two three
  hangs_up one
  closed() { ! opened one .fifo_chat1; }
  await 10 closed
  hit zero CONT
  join zero
  join one
  assert_equal "$(heard one)" $'<-- one\n<-- two\n<-- three'
  assert_equal "$(heard zero)" "$CLOSED"
}

# TRAP-CHAT-20
@test "chat: a third process that holds a FIFO open does not hide the partner's death" {
  local mode me he
  for mode in 0 1; do
    me=${NAME[mode]} he=${NAME[1 - mode]}
    pair
    exec {held}>.fifo_chat$((mode + 1))
    hit "$he" KILL
    join "$he" 137
    join "$me"
    assert_equal "$(heard "$me")" "$CLOSED"
    exec {held}>&-
    again
  done
}

@test "chat: a stranger at one FIFO is no partner, and that is told" {
  sits 0
  waits 0
  exec {held}>.fifo_chat1
  join zero
  exec {held}>&-
  assert_equal "$(heard zero)" "$CLOSED"
  sits 1
  waits 1
  start cat cat .fifo_chat1
  chats one
  types one hello
  hangs_up one
  join one
  join cat
  assert_equal "$(cat cat.out)" hello
}

@test "chat: Ctrl-Z and fg at any point do no harm" {
  local first name
  for first in 0 1; do
    sits "$first"
    waits "$first"
    hit "${NAME[first]}" STOP
    await 10 stopped "${NAME[first]}"
    hit "${NAME[first]}" CONT
    waits "$first"
    sits $((1 - first))
    chats zero
    chats one
    for name in zero one; do
      hit "$name" STOP
      await 10 stopped "$name"
      hit "$name" CONT
    done
    types one hello
    await 20 says zero '<-- hello'
    types zero hello
    await 20 says one '<-- hello'
    bye
    again
  done
}

@test "chat: Ctrl-C at whatever call it makes leaves nothing behind" {
  can_inject
  local call mode
  for mode in 0 1; do
    for call in '?flock' '?fcntl,?fcntl64' '?mknod,?mknodat' '?lstat,?newfstatat,?statx,?fstatat64' '?open,?openat'; do
      echo "$call, fifo_chat $mode"
      both_ends
      rm .fifo_chat?
      run injects "$call:signal=INT" -- "${fifos[@]}" -P "$PWD" fifo_chat "$mode"
      assert_equal "$status" 130
      assert_not_exists .fifo_chat1
      assert_not_exists .fifo_chat2
      let_go
    done
  done
}

@test "chat: every system call that fails is told with its reason, and ends with 1" {
  can_inject
  local spec message mode
  # shellcheck disable=SC2162
  while IFS='|' read spec mode message; do
    echo "$spec, fifo_chat $mode"
    both_ends
    echo talk >words
    echo talk | tee .fifo_chat1 >.fifo_chat2
    run -1 --separate-stderr injects "$spec" -- "${fifos[@]}" -P "$PWD" -P "$PWD/words" fifo_chat "$mode" <words
    [[ $stderr == *"fifo_chat: $message"* ]]
    assert_not_exists .fifo_chat1
    assert_not_exists .fifo_chat2
    let_go
  done <<'END'
?mknod,?mknodat:error=ENOSPC:when=1|0|mkfifo .fifo_chat1: No space left on device
?mknod,?mknodat:error=EROFS:when=2|1|mkfifo .fifo_chat2: Read-only file system
?lstat,?newfstatat,?statx,?fstatat64:error=EACCES:when=1|0|mkfifo .fifo_chat1: Permission denied
?open,?openat:error=EPERM:when=1|0|open .fifo_chat2: Operation not permitted
?open,?openat:error=EPERM:when=2|0|open .fifo_chat1: Operation not permitted
?open,?openat:error=EPERM:when=3|0|open .fifo_chat2: Operation not permitted
?open,?openat:error=EPERM:when=1|1|open .fifo_chat2: Operation not permitted
?open,?openat:error=EPERM:when=2|1|open .fifo_chat1: Operation not permitted
?fcntl,?fcntl64:error=EINVAL:when=4|0|open .fifo_chat1: Invalid argument
?flock:error=ENOLCK:when=3|0|another fifo_chat 0 is already chatting here: No locks available
?read,?readv:error=EPERM:when=1|1|read stdin: Operation not permitted
?read,?readv:error=EPERM:when=2|0|read from FIFO: Operation not permitted
?write,?writev:error=EPERM:when=1|0|what was typed last did not arrive: Operation not permitted
END
}

@test "chat: a directory that cannot be read or locked is told" {
  can_inject
  run -1 injects '?flock:error=ENOLCK:when=1' -- fifo_chat 0
  assert_output 'fifo_chat: lock this directory: No locks available'
  run -1 injects '?fcntl,?fcntl64:error=ENOLCK:when=1' -- -P "$PWD" fifo_chat 0
  assert_output --partial 'fifo_chat: lock this directory: No locks available'
  run -1 injects '?flock:error=ENOLCK:when=2' -- fifo_chat 1
  assert_output 'fifo_chat: lock this directory: No locks available'
  assert_not_exists .fifo_chat1
  second_user fifo_chat
  chmod 711 .
  run -1 as_nobody timeout 10 fifo_chat 0
  assert_output 'fifo_chat: lock this directory: Permission denied'
}

@test "chat: an input that is not ready after all is read later" {
  can_inject
  sits 0
  waits 0
  sits 1 "${traced[@]}" -o /dev/null -P "$PWD/one.in" -e inject='?read,?readv:error=EAGAIN:when=1'
  chats one
  types one hello
  await 20 says zero '<-- hello'
  unplugs one
  join one
  join zero
}

@test "chat: more open descriptors than select(2) can hold are refused" {
  (($(ulimit -Hn) > 1200)) || skip 'the limit of open files cannot be raised here'
  # shellcheck disable=SC2016
  run -1 timeout 20 bash -c 'ulimit -n 1200
    for ((fd = 10; fd < 1100; fd++)); do eval "exec $fd</dev/null"; done
    for ((fd = 3; fd < 10; fd++)); do eval "exec $fd</dev/null"; done
    exec fifo_chat 0'
  assert_output --regexp '\.fifo_chat2 as descriptor 1[0-9]+: refused$'
  assert_not_exists .fifo_chat1
}

# TRAP-CHAT-13
@test "chat: a full disk under its output is told, at once and in the chat" {
  local mode
  for mode in 0 1; do
    run -1 timeout 20 bash -c "fifo_chat $mode >/dev/full"
    assert_output 'fifo_chat: stdout: No space left on device'
    mkfifo -m 600 .fifo_chat1 .fifo_chat2
    run -1 timeout 20 bash -c "fifo_chat $mode >/dev/full"
    assert_output --partial 'fifo_chat: stdout: No space left on device'
    assert_not_exists .fifo_chat1
  done
  can_inject
  sits 0 "${traced[@]}" -o /dev/null -P "$PWD/zero.out" -e inject='?write,?writev:error=ENOSPC:when=1'
  join zero 1
  warns zero 'fifo_chat: stdout: No space left on device'
  local text
  for text in 'hello\n' 'hello'; do
    sits 0 "${traced[@]}" -o /dev/null -P "$PWD/zero.out" -e inject='?write,?writev:error=ENOSPC:when=6+'
    await 20 warns zero 'waiting for'
    sits 1
    chats zero
    # shellcheck disable=SC2154,SC2059
    printf "$text" >&"$KEYS_one"
    join zero 1
    warns zero 'fifo_chat: stdout: No space left on device'
    join one
    again
  done
}

@test "chat: when the reader of its output has gone it says so and leaves" {
  local mode
  for mode in 0 1; do
    stdout_gone fifo_chat "$mode"
    assert_failure 1
    assert_output --partial 'fifo_chat: stdout: Broken pipe'
    assert_not_exists .fifo_chat1
  done
  sits 1
  waits 1
  # Its first lines still find a reader; the first word heard does not.
  keyboard zero
  # shellcheck disable=SC2016
  start zero bash -c 'fifo_chat 0 | sed "/^start chating/q"; exit "${PIPESTATUS[0]}"'
  chats one
  chats zero
  leaves() {
    ended one && return
    types one hello
    false
  }
  await 20 leaves
  join zero 1
  wait "${PID[one]}" || true # 0 or 1: did its last word arrive?
  unset 'PID[one]'
  assert_not_exists .fifo_chat1
}

@test "chat: two chats in two directories know nothing of each other" {
  mkdir elsewhere
  pair
  cd elsewhere || return 1
  # shellcheck disable=SC2016
  start there bash -c 'fifo_chat 0 | cat; exit "${PIPESTATUS[0]}"'
  await 20 warns there 'waiting for fifo_chat 1'
  run -0 timeout 20 fifo_chat 1 </dev/null
  join there
  cd "$BATS_TEST_TMPDIR" || return 1
  types one hello
  await 20 says zero '<-- hello'
  bye
}

# sheet COMMAND: a command of the lesson sheet, as it stands there, but with
# the programs that are tested here.
sheet() {
  grep -qxF -- "$1" "$BATS_TEST_DIRNAME/../chat/README.md" || fail "not in the sheet: $1"
  timeout 40 bash -c "${1//build\/chat\//$BUILD/chat/}"
}

@test "chat: the sheet's commands do what the sheet says" {
  export -f sheet fail
  export BATS_TEST_DIRNAME BUILD
  local zero='build/chat/fifo_chat 0' one='build/chat/fifo_chat 1'
  keyboard zero
  keyboard one
  start one bash -c "sheet '$one'"
  await 20 warns one 'waiting for fifo_chat 0'
  start zero bash -c "sheet '$zero'"
  chats one
  chats zero
  says one "$MADE"
  run -0 sheet 'ls -la .fifo_chat1 .fifo_chat2'
  assert_line --regexp '^prw-------.* \.fifo_chat1$'
  assert_line --regexp '^prw-------.* \.fifo_chat2$'
  # A third one listens: each line arrives in one place, here or there.
  start thief bash -c "sheet 'cat .fifo_chat1'"
  chance() {
    types one line
    says thief line
  }
  await 20 chance
  types one bye
  arrived() { says thief bye || says zero bye; }
  await 20 arrived
  hangs_up one
  join one
  join zero
  join thief
  assert_equal "$(cat zero.out thief.out | grep -c 'bye$')" 1

  ((${#UNDER} == 0)) || return 0 # it would take a minute there
  start zero bash -c "sheet 'seq 100000 | $zero'"
  await 20 warns zero 'waiting for fifo_chat 1'
  rm one.in # the keyboard again, as in a terminal
  keyboard one
  start one bash -c "sheet '$one | wc -l'"
  join zero
  join one
  assert_equal "$(cat one.out)" 100004
}
