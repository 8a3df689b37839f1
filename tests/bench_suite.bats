# make bench-suite: what the suite costs, and clients cost its servers. Few clients
# here, and few requests: that what is told is true is what is tested.
# shellcheck disable=SC2016,SC2034 # code for sh is quoted on purpose; start uses PID

setup() {
  load helpers
  common_setup
  [[ ! ${UNDER:-} == valgrind ]] || skip 'it would measure valgrind'
  ROOT=${BATS_TEST_DIRNAME%/*}
  LOAD=$BUILD/scripts/load
  export TMPDIR=$BATS_TEST_TMPDIR/tmp
  mkdir tmp
  unset MAKEFLAGS MFLAGS MAKELEVEL JOBS V
}
teardown() {
  local left=''
  [[ -z ${BATS_TEST_COMPLETED:-} || ! -d tmp ]] || left=$(theirs)
  common_teardown || return 1
  [[ -z $left ]] || { echo "left behind: $left" >&2; return 1; }
}
# theirs: files, processes in a folder of theirs, and those that start marks.
theirs() {
  find tmp -mindepth 1
  find /proc -maxdepth 2 -path '/proc/[0-9]*/cwd' -lname "$TMPDIR/*" 2>/dev/null || :
  grep -lsF "MARK=$TMPDIR" /proc/[0-9]*/environ || :
}
# queues_of PID: which it was the last to send to, or to take from.
queues_of() { awk -v pid="$1" '$6 == pid || $7 == pid' /proc/sysvipc/msg; }
# has_queue NAME: its server has taken from it, or it has.
has_queue() { [[ -n $(queues_of "${PID[$1]}") ]]; }
suite() { timeout 100 "$ROOT/scripts/bench_suite" -b "$BUILD" "$@"; }
# few N COMMAND...: with so few descriptors.
few() { timeout 100 bash -c 'ulimit -n "$1"; shift; exec "$@"' few "$@"; }
# in_play NAME PATTERN: its server is there, and a file like that.
in_play() { [[ -n $(child_of "$1") ]] && compgen -G "tmp/ipc.??????/$2" >/dev/null; }

@test "bench_suite: wrong usage" {
  local wrong
  for wrong in '' x 'fifo_server 0' 'fifo_server 1x' 'fifo_server -1' \
    'fifo_server 10 9' 'fifo_server 100001' 'fifo_server 1 10 1' \
    'fifo_server 100000 101' '-x fifo_server'; do
    # shellcheck disable=SC2086 # words
    run -2 "$LOAD" $wrong
    assert_line 'usage: load [-b BUILD] SERVER [CLIENTS [REQUESTS]]'
    assert_line --regexp '^  SERVER: fifo_server sock_server msg_reply_server fifo_chatroom$'
  done
  for wrong in all -x '-T msg_server'; do
    # shellcheck disable=SC2086
    run -2 suite $wrong
    assert_line --regexp '^usage: scripts/bench_suite '
  done
  for wrong in '-n 9' '-r 0' '-c 0' '-c x' '-c *' '-c 010' '-n'; do
    # shellcheck disable=SC2086
    run -2 suite $wrong
  done
  run -2 suite -c '10 1e3'
  assert_output 'bench_suite: -c 1e3: a number from 1 to 100000'
  run -2 suite -c ''
  run -1 "$LOAD" -b nowhere fifo_server
  assert_output --partial 'nowhere/fifo/fifo_server (try: make): No such file'
  run -1 timeout 9 "$ROOT/scripts/bench_suite" -b nowhere fifo_server
  assert_output --regexp '^bench_suite: .*/nowhere/scripts/load is not there \(try: make\)$'
}

@test "bench_suite: each server answers 1 and 10 clients, and nothing is left" {
  local server n
  for server in fifo_server sock_server msg_reply_server fifo_chatroom; do
    for n in 1 10; do
      start "$server$n" "$LOAD" -b "$BUILD" "$server" $n 20
      local pid=${PID[$server$n]}
      join "$server$n"
      run -0 cat "$server$n.out"
      assert_output --regexp "^$server clients=$n of=$n requests=20 ns=[1-9][0-9]* low=[1-9][0-9]* high=[1-9][0-9]* p99=[1-9][0-9]* cpu=[1-9][0-9]* rss=[1-9][0-9]* memory=(-|-?[0-9]+) fds=[01]\.[0-9]+$"
      run awk '{ for (i = 2; i <= NF; i++) { split($i, part, "="); v[part[1]] = part[2] } }
        END { exit !(v["low"] <= v["ns"] && v["ns"] <= v["high"]) }' <<<"$output"
      assert_success
      run queues_of "$pid"
      refute_output
      [[ ! -s $server$n.err ]]
    done
  done
}

@test "bench_suite: a table with a row for each server and number of clients" {
  run -0 --separate-stderr suite -r 1 -n 10 -c '10 1 20' fifo_server sock_server \
    msg_reply_server fifo_chatroom
  local server all=$output
  for server in fifo_server sock_server msg_reply_server fifo_chatroom; do
    assert_line --regexp "^$server +1( +[1-9][0-9.]*){3} +- +[01]\.00$"
    assert_line --regexp "^$server +10( +[0-9.]+){5}$"
    assert_line --regexp "^$server +20( +[0-9.]+){5}  x[0-9.]+ (flat|not flat|clock only)$"
  done
  # (memory is told by the page, and a sanitizer's is not ours)
  run awk 'length > 80' <<<"$all"
  refute_output
  [[ -z $stderr ]] # nothing of progress where no terminal is
}

@test "bench_suite: a limit of a server is told, and how many it has served" {
  mkdir -p b/msgqueue
  sed 's/MAX_CLIENTS = 2000/MAX_CLIENTS = 20/' "$ROOT/msgqueue/msg_reply_server.c" >s.c
  cc -I "$ROOT/msgqueue" -o b/msgqueue/msg_reply_server s.c
  run -0 timeout 60 "$LOAD" -b b msg_reply_server 40 50
  assert_output --regexp '^msg_reply_server clients=10 of=40 requests=50 .* limit: its own, MAX_CLIENTS$'
}

@test "bench_suite: a server without a limit of its own serves a thousand" {
  run -0 timeout 60 "$LOAD" -b "$BUILD" sock_server 1000 10
  assert_output --regexp '^sock_server clients=1000 of=1000 requests=10 .* fds=1\.00$'
}

@test "bench_suite: too few descriptors are told, not fewer clients measured silently" {
  run -0 few 20 "$LOAD" -b "$BUILD" fifo_server 1000 10
  assert_output --regexp '^fifo_server clients=1[0-9] of=1000 .* limit: ulimit -n 20$'
  run -0 --separate-stderr few 20 "$ROOT/scripts/bench_suite" -b "$BUILD" -r 1 -n 10 \
    -c '10 1000' fifo_chatroom sock_server
  assert_line --regexp '^fifo_chatroom +1[0-9]/1000 .*  x[0-9.]+ (flat to 1[0-9]|not flat|clock only)$'
  assert_line --regexp '^fifo_chatroom: 1[0-9] of 1000 clients: ulimit -n 20$'
  assert_line --regexp '^sock_server: 1[0-9] of 1000 clients: ulimit -n 20$'
  run -77 few 6 "$LOAD" -b "$BUILD" fifo_server 10 10
  assert_output --regexp 'Too many open files|No file descriptors available' # musl
}

@test "bench_suite: a wrong answer is noticed, and so is a server that ends" {
  mkdir -p b/unixsock
  sed 's/"server %d: "/"sewer %d: "/' "$ROOT/unixsock/sock_server.c" >s.c
  cc -o b/unixsock/sock_server s.c
  run -1 timeout 20 "$LOAD" -b b sock_server 10 10
  assert_line --regexp '^load: the answer is: sewer [0-9]+: request 00000001$'
  assert_line 'load: sock_server: request 1: a wrong answer'
  start ends "$LOAD" -b "$BUILD" msg_reply_server 10 100000
  local pid=${PID[ends]} server
  await 9 has_queue ends
  server=$(child_of ends)
  kill -KILL "${server%% *}" # (the others are its clients)
  join ends 1
  warns ends 'load: msg_reply_server has ended by signal 9'
  run queues_of "$pid"
  refute_output
}

@test "bench_suite: whoever ends it, the server goes, and all that it has" {
  local sig server
  for sig in HUP INT QUIT TERM; do
    for server in fifo_server msg_reply_server; do
      start one "$LOAD" -b "$BUILD" "$server" 10 100000
      local pid=${PID[one]}
      if [[ $server == fifo_server ]]; then
        await 9 in_play one fifo_client.5000009
      else
        await 9 has_queue one
      fi
      hit one $sig
      join one $((128 + $(kill -l $sig)))
      run queues_of "$pid"
      refute_output
      run theirs
      refute_output
    done
  done
}

# cleaned: nobody of theirs is there any more, and make clean-objects has done it.
cleaned() {
  "$BUILD/scripts/objects" -c -b "$BUILD" >said
  [[ -z $(find tmp -mindepth 1) && -z $(theirs) ]]
}

@test "bench_suite: killed, it leaves its folder, and make clean-objects removes it" {
  local server
  start fifo "$LOAD" -b "$BUILD" fifo_server 10 100000
  await 9 in_play fifo fifo_client.5000009
  server=$(child_of fifo)
  hit fifo KILL
  await 9 gone "${server%% *}"
  run find tmp -mindepth 2 ! -name 'fifo_client.500000[0-9]' # it has cleaned up
  refute_output
  await 9 cleaned
  start msg "$LOAD" -b "$BUILD" msg_reply_server 10 100000
  local pid=${PID[msg]}
  await 9 has_queue msg
  server=$(child_of msg)
  hit msg KILL
  await 9 gone "${server%% *}"
  run queues_of "$pid"
  refute_output
  await 9 cleaned
}

@test "bench_suite: it makes, runs and tests in a folder of its own" {
  mkdir bin
  cat >bin/make <<'EOT'
#!/bin/sh
echo "$*" >>"$MADE"
case $* in
  *' run '*) echo 'pipe       ok  A'; echo 'fifo       failed  A'; exit 2 ;;
  *' test '*) echo 'ok 1 x'; echo 'ok 2 x # skip y'; echo 'not ok 3 z'; echo '# why'; exit 1 ;;
esac
echo '7 programs are in b/; what next: make help'
EOT
  chmod +x bin/make
  export MADE=$PWD/made
  PATH=$PWD/bin:$PATH run -1 --separate-stderr suite make run test
  assert_line --regexp '^make -j2, from clean +[0-9]+\.[0-9][0-9]  7 programs$'
  assert_line --regexp '^make run PACE=0 +[0-9.]+  2 rooms, 1 ok; FAILED$'
  assert_line --regexp '^make test +[0-9.]+  3 tests, 1 failed, 1 skipped; FAILED$'
  [[ $stderr == *'make test failed (status 1):'*'not ok 3 z'*'# why'* ]]
  [[ $stderr != *'ok 1 x'* ]]
  run cat made
  assert_line --index 0 --regexp "^-s -j2 BUILD=$TMPDIR/ipc\.suite\.[^/]*/build$"
  assert_line --index 1 --regexp "^-s run PACE=0 BUILD=$TMPDIR/"
  PATH=$PWD/bin:$PATH run -0 suite -T make test
  refute_output --partial 'make test'
}

@test "bench_suite: interrupted while it makes, it leaves nothing" {
  start suite env "MARK=$TMPDIR" "$ROOT/scripts/bench_suite" -b "$BUILD" make
  await 9 compgen -G 'tmp/ipc.suite.*/build/*/*' >/dev/null
  hit suite INT
  join suite 130
}

@test "bench_suite: make bench-suite" {
  run -0 make -C "$ROOT" -n bench-suite WHAT='run sock_server'
  assert_line --regexp '/bench_suite -b [^ ]+ run sock_server$'
}
