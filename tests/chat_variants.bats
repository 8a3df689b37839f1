# fifo_chatroom: one room, many people, a FIFO for each.

setup() {
  load helpers
  common_setup
}
teardown() { common_teardown; }

# enters NAME...: each with a keyboard of his own, and in the room.
enters() {
  local name
  for name; do
    [[ -e $name.in ]] || keyboard "$name"
    start "$name" fifo_chatroom "$name"
    await 20 warns "$name" 'you are in the room'
  done
}
leaves() { hangs_up "$1" && join "$1"; }
# hears NAME TEXT: exactly that line.
hears() { grep -qxF -- "$2" "$1.out"; }

@test "chat: fifo_chatroom: all but the speaker hear what he says, and who comes and goes" {
  enters ann bob carl
  types ann hello
  await 20 hears bob 'ann: hello'
  await 20 hears carl 'ann: hello'
  types carl 'hello, ann'
  await 20 hears ann 'carl: hello, ann'
  leaves bob
  await 20 hears carl '* bob leaves'
  leaves carl
  await 20 hears ann '* carl leaves'
  leaves ann
  diff ann.out - <<<$'* bob joins\n* carl joins\ncarl: hello, ann\n* bob leaves\n* carl leaves'
  diff carl.out - <<<$'ann: hello\n* bob leaves'
}

@test "chat: fifo_chatroom: Ctrl-C, TERM and HUP are a goodbye too, and death by that signal" {
  local signal
  enters ann
  for signal in INT:130 TERM:143 HUP:129 QUIT:131; do
    enters bob
    hit bob "${signal%:*}"
    join bob "${signal#*:}"
    await 20 hears ann '* bob leaves'
    assert_not_exists .fifo_room.bob
    : >ann.out
    rm bob.in
  done
  hit ann INT
  join ann 130
}

@test "chat: fifo_chatroom: a killed member is found out once, and the name is free again" {
  enters ann bob carl dora
  hit bob KILL
  join bob 137
  assert_exists .fifo_room.bob
  types ann 'where is bob?'
  await 20 hears ann '* bob is gone'
  await 20 hears carl '* bob is gone'
  await 20 hears dora 'ann: where is bob?'
  types carl 'gone'
  await 20 hears ann 'carl: gone'
  await 20 hears dora 'carl: gone'
  run cat ann.out carl.out dora.out
  run grep -c 'is gone' <<<"$output"
  assert_output 3
  assert_not_exists .fifo_room.bob
  hit carl KILL # and one whom nobody has missed yet
  join carl 137
  rm bob.in carl.in
  enters carl
  types dora 'welcome back'
  await 20 hears carl 'dora: welcome back'
  leaves ann
  leaves dora
  leaves carl
}

@test "chat: fifo_chatroom: who is stopped holds up nobody, and is told of by name" {
  enters ann bob carl
  hit bob STOP
  await 20 stopped bob
  # More than a FIFO holds, but never more at once than carl's.
  local from
  for from in 1 501 1001 1501; do
    types ann "$(seq -f 'line %.0f of many, and long enough to fill a FIFO soon, is it not?' "$from" $((from + 499)))"
    await 20 hears carl "ann: line $((from + 499)) of many, and long enough to fill a FIFO soon, is it not?"
  done
  run grep -c '^ann: line' carl.out
  assert_output 2000
  await 20 warns ann 'bob is slow: a line is lost to him'
  run ! grep -q 'carl is slow' ann.err
  hit bob CONT
  await 20 hears bob 'ann: line 500 of many, and long enough to fill a FIFO soon, is it not?'
  types carl 'awake?'
  await 20 hears bob 'carl: awake?'
  run ! grep -vxE '\* carl joins|carl: awake\?|ann: line [0-9]+ of many, and long enough to fill a FIFO soon, is it not\?' bob.out
  leaves ann
  leaves bob
  leaves carl
}

@test "chat: fifo_chatroom: who reads a screen that stands still can still be told to go" {
  enters ann
  keyboard bob
  mkfifo screen.in
  exec {screen}<>screen.in
  start bob sh -c 'exec fifo_chatroom bob >screen.in'
  await 20 warns bob 'you are in the room'
  types ann "$(seq -f 'something to fill the pipe and the FIFO in front of it: %.0f' 3000)"
  await 20 warns ann 'bob is slow'
  hit bob TERM
  join bob 143
  exec {screen}>&-
  leaves ann
}

@test "chat: fifo_chatroom: lines of many at once are never mixed" {
  enters ear
  local i
  for i in 1 2 3 4; do
    seq -f "$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i$i %.0f" 150 >talker$i.in
    start talker$i fifo_chatroom "talker$i"
  done
  for i in 1 2 3 4; do join talker$i; done
  await 20 heard_of ear 600
  run ! grep -vxE '\* talker[1-4] (joins|leaves)|talker([1-4]): \1{20} [0-9]+' ear.out
  leaves ear
}
heard_of() { (($(grep -c '^talker' "$1.out") >= $2)); }

@test "chat: fifo_chatroom: long lines come in parts, all of them; half a line at the end, too" {
  enters ear
  head -c 3000 /dev/zero | tr '\0' x >ann.in
  start ann fifo_chatroom ann
  join ann
  await 20 hears ear '* ann leaves'
  run -0 bash -c "grep '^ann: ' ear.out | cut -c 6- | tr -d '\n' | wc -c"
  assert_output 3000
  run awk 'length($0) > 405' ear.out
  refute_output
  leaves ear
}

@test "chat: fifo_chatroom: bytes that are no text arrive as they were typed" {
  enters ear
  printf 'a\0b\377\n' >ann.in
  start ann fifo_chatroom ann
  join ann
  await 20 says ear '* ann leaves'
  leaves ear
  printf '* ann joins\nann: a\0b\377\n* ann leaves\n' | cmp - ear.out
}

@test "chat: fifo_chatroom: what was typed in pieces is one line" {
  enters ear ann
  printf 'one ' >ann.in
  await 20 blocked ann
  types ann line
  await 20 hears ear 'ann: one line'
  leaves ann
  leaves ear
}

@test "chat: fifo_chatroom: who leaves hears first what has been said already" {
  enters ann bob
  hit bob STOP
  await 20 stopped bob
  types ann "$(seq -f 'line %.0f is said before bob leaves' 300)"
  leaves ann
  # shellcheck disable=SC2154 # keyboard has set it; hangs_up would ask bob first
  exec {KEYS_bob}>&-
  hit bob CONT
  join bob
  run grep -c 'is said before' bob.out
  assert_output 300
}

@test "chat: fifo_chatroom: a name is taken once" {
  enters ann
  run -1 timeout 20 fifo_chatroom ann </dev/null
  assert_output 'fifo_chatroom: ann is in the room already'
  types ann 'still here'
  leaves ann
}

@test "chat: fifo_chatroom: what is no FIFO of ours alone is not touched" {
  : >.fifo_room.ann
  run -1 timeout 20 fifo_chatroom ann </dev/null
  assert_output 'fifo_chatroom: .fifo_room.ann is there, but no FIFO of yours alone'
  ln -s target .fifo_room.lee
  run -1 timeout 20 fifo_chatroom lee </dev/null
  assert_output --partial 'no FIFO of yours alone'
  mkfifo -m 666 .fifo_room.open
  mkfifo -m 600 '.fifo_room.no name'
  ln -s '.fifo_room.no name' .fifo_room.link
  run -0 timeout 20 fifo_chatroom bob <<<'anybody?'
  assert_output 'fifo_chatroom: you are in the room; type, Ctrl-D leaves'
  assert_exists '.fifo_room.no name'
  assert_exists .fifo_room.ann
  assert_exists .fifo_room.open
  [ -L .fifo_room.link ]
  run cat .fifo_room.ann
  refute_output
  rm .fifo_room.*
}

@test "chat: fifo_chatroom: wrong usage is status 2" {
  local name
  for name in '' a/b '..' 'two words' seventeen-letters é; do
    run -2 timeout 20 fifo_chatroom "$name" </dev/null
    assert_output --partial 'fifo_chatroom: usage: fifo_chatroom NAME'
  done
  run -2 timeout 20 fifo_chatroom </dev/null
  run -2 timeout 20 fifo_chatroom ann bob </dev/null
  run -0 timeout 20 fifo_chatroom sixteen-letters_ </dev/null
}

@test "chat: fifo_chatroom: a full disk, or no stdin or stdout, is told, status 1" {
  keyboard ann
  start ann sh -c 'exec fifo_chatroom ann >/dev/full'
  await 20 warns ann 'you are in the room'
  timeout 20 fifo_chatroom bob </dev/null
  join ann 1
  run cat ann.err
  assert_line 'fifo_chatroom: stdout: No space left on device'
  assert_not_exists .fifo_room.ann
  [[ ${UNDER:-} != valgrind ]] || return 0 # it opens descriptors of its own
  run -1 bash -c 'timeout 20 fifo_chatroom ann <&-'
  assert_output --partial 'fifo_chatroom: stdin: '
  run -1 bash -c 'timeout 20 fifo_chatroom ann >&- </dev/null'
  assert_output --partial 'fifo_chatroom: stdout: '
}

@test "chat: fifo_chatroom: whose screen has gone leaves, and says why" {
  keyboard bob
  mkfifo screen.in
  start screen head -n 1 screen.in
  start bob sh -c 'exec fifo_chatroom bob >screen.in'
  await 20 warns bob 'you are in the room'
  timeout 20 fifo_chatroom ann <<<'one'
  join screen
  timeout 20 fifo_chatroom ann <<<'two'
  join bob 1
  await 20 warns bob 'fifo_chatroom: stdout: Broken pipe'
  assert_not_exists .fifo_room.bob
}

@test "chat: fifo_chatroom: a call that fails is told by name, status 1, and nothing stays" {
  can_inject
  local call
  for call in mknodat,mknod:mkfifo flock:lock pselect6:pselect; do
    run -1 injects "${call%:*}:error=EIO" -- fifo_chatroom ann </dev/null
    assert_output --regexp "fifo_chatroom: ${call#*:}.*(Input/output|I/O) error"
    assert_not_exists .fifo_room.ann
  done
}

@test "chat: fifo_chatroom: who cannot be reached for another reason is not buried" {
  can_inject
  mkfifo -m 600 .fifo_room.bob
  run -0 timeout 20 strace -qq -f -o /dev/null -P .fifo_room.bob \
    -e inject=?open,openat:error=EMFILE:when=2+2 fifo_chatroom ann <<<'anybody?'
  assert_exists .fifo_room.bob
  rm .fifo_room.bob
}

@test "chat: fifo_chatroom: another user in the same folder is not met" {
  second_user fifo_chatroom
  chmod 777 .
  enters ann
  run -0 as_nobody timeout 20 fifo_chatroom bob <<<'anybody?'
  run -1 as_nobody timeout 20 fifo_chatroom ann </dev/null
  assert_output --partial 'no FIFO of yours alone'
  run cat ann.out
  refute_output
  leaves ann
}

@test "chat: run-chat-all plays the examples and the variants as the cast has it" {
  run -0 env -C "${BATS_TEST_DIRNAME%/*}" PACE=0 timeout 100 stage -b "$BUILD" chat:all
  assert_line 'chat:all: ok'
  assert_line 'left behind: nothing'
}

# shellcheck disable=SC2016 # code for sed
@test "chat: what the sheet makes, make makes" {
  local root=${BATS_TEST_DIRNAME%/*} id
  run -0 sed -n '/^```sh$/,/^```$/s/^make //p' "$root/chat/README.md"
  assert_output 'run-chat
claim ID=CHAT-7
claim ID=CHAT-5
run-chat-fifo_chatroom'
  for id in CHAT-7 CHAT-5; do
    run -0 timeout 60 "$root/scripts/claims" -q -b "$BUILD" $id
    assert_line --regexp '^Verdict:  (holds|does not hold)'
  done
}
