# The sequence diagrams: scripts/diagram and the awk programs behind it.
# shellcheck disable=SC2016 # code for awk is quoted on purpose

setup_file() {
  export BATS_TEST_TIMEOUT=120
  ROOT=${BATS_TEST_DIRNAME%/*}
  BUILD=${BUILD:-build}
  [[ $BUILD == /* ]] || BUILD=$ROOT/$BUILD
  export ROOT BUILD
  can_record || return 0
  local play
  for play in pipe:pipe_hello fifo:fifo; do
    PACE=0 timeout 60 "$ROOT/scripts/record" -b "$BUILD" $play \
      "$BATS_FILE_TMPDIR/${play#*:}" >/dev/null 2>&1 3>&- 4>&- || rm -f "$BATS_FILE_TMPDIR/${play#*:}"
  done
}
setup() {
  load helpers
  common_setup
  export TMPDIR=$BATS_TEST_TMPDIR/tmp # so that what is left there is seen
  mkdir tmp
}
teardown() {
  local left=''
  [[ -z ${BATS_TEST_COMPLETED:-} ]] || left=$(ls tmp)
  common_teardown || return 1
  [[ -z $left ]] || { echo "left behind: $left" >&2; return 1; }
}

# can_record: a sanitizer or valgrind, and what is preloaded, do not go together.
can_record() { [[ -z ${UNDER-} && -r $BUILD/scripts/probe.so ]] && ! grep -q fsanitize "$BUILD/flags"; }
needs_recording() { needs_probe; can_record || skip 'not with the probe: what is built here has another one in it'; }
# recorded NAME: a trace that setup_file has made.
recorded() {
  needs_recording
  [[ -s $BATS_FILE_TMPDIR/$1 ]] || fail "could not be recorded: $1"
  TRACE=$BATS_FILE_TMPDIR/$1
}
diagram() { timeout 60 "$ROOT/scripts/diagram" -b "$BUILD" "$@"; }
# drawn ARG...: into picture.svg, which is valid.
drawn() {
  diagram "$@" >picture.svg || return
  ! command -v xmllint >/dev/null || xmllint --noout picture.svg
}
count() { grep -c -- "$1" picture.svg || :; }
# trace: a trace by hand, from lines without number and time: PID EVENT FIELD...,
# with `|` between fields.
trace() { awk -F '|' -v OFS='\t' '{ $1 = NR "\t" NR * 1000 "\t" $1; print }' >trace; }
# print_of PID TEXT: that process prints it.
print_of() {
  printf '%s|call|p.c:5|printf|"%s"|fd=1 n=9 data="%s"\n' "$1" "$2" "$2"
}

@test "diagram: the pipe's picture has the fork, the message and the end" {
  recorded pipe_hello
  drawn -f "$TRACE"
  run -0 grep -oE '"y[a-z]+ m">[^<]*' picture.svg
  assert_output '"ynew m">fork
"ydata m">&quot;hello world\n&quot; 12 bytes
"yend m">end'
  run -0 grep -c '>pipe 1: 12 bytes<' picture.svg
  run -0 grep -E '>(write|read) pipe 1' picture.svg
  assert_line --partial '>read pipe 1 → 12<'
  run -0 grep -E '>waitpid child, waits<' picture.svg
  run -0 grep -c '>hello world<' picture.svg
}

@test "diagram: ten messages are ten arrows, and folded they are counted" {
  recorded fifo
  ALL=1 drawn -f "$TRACE"
  [[ $(count 'class="a data"') == 10 ]]
  drawn -f "$TRACE"
  local shown more
  shown=$(count 'class="a data"')
  more=$(sed -n 's/.*>\([0-9]*\) more rounds like this<.*/\1/p' picture.svg)
  ((shown + more == 10 && shown < 5))
}

@test "diagram: each example has an arrow for each message, and is within 60 kB" {
  needs_recording
  local play room arrows
  for play in pipe:pipe_hello pipe:pipe_message fifo:fifo msgqueue:msg semaphore:sem_order \
    shm:shm mmap:mmap signal:signal_sync unixsock:path chat:fifo_chat; do
    room=${play%:*}
    PACE=0 timeout 60 "$ROOT/scripts/record" -b "$BUILD" "$play" trace
    LC_ALL=C awk -f "$ROOT/scripts/told.awk" trace >told
    arrows=$(grep -c '	arrow	[0-9]*	[0-9]*	data	' told || :)
    ALL=1 drawn -f trace
    echo "$play: $arrows messages"
    [[ $(count 'class="a data"') == "$arrows" ]]
    (($(wc -c <picture.svg) < 60000))
  done
}

@test "diagram: with TIMES=0 two runs are drawn alike, byte for byte" {
  needs_recording
  local room
  for room in pipe fifo semaphore signal; do
    TIMES=0 diagram -o one.svg $room
    TIMES=0 diagram -o two.svg $room
    run -0 cmp one.svg two.svg
    run grep -E 'pid [0-9]| ms<' one.svg
    refute_output
  done
}

@test "diagram: the lesson sheets' pictures are what is drawn today (else: make diagrams)" {
  needs_recording
  # Another compiler places a call that spans lines elsewhere.
  run grep -xE '(cc|gcc) +-O2 -g .*' "$BUILD/flags"
  [[ $status == 0 ]] || skip 'built with other flags, or by another compiler'
  local room
  for room in pipe fifo msgqueue semaphore shm mmap signal unixsock chat; do
    TIMES=0 diagram -o now.svg $room
    run -0 diff "$ROOT/$room/diagram.svg" now.svg
    run -0 sed -n '/^## Picture/,/^## Run it/p' "$ROOT/$room/README.md"
    assert_line --regexp '^!\[.{20,}\]\(diagram\.svg\)$'
  done
}

@test "diagram: a picture stands alone, says what it is, and knows light and dark" {
  recorded pipe_hello
  drawn -f "$TRACE"
  run grep -nE '<script|href|@import|src=|on[a-z]+=|<foreignObject' picture.svg
  refute_output
  # The one address is the name of the language; what is pointed to is within.
  run -0 bash -c "grep -o 'http[^\"]*' picture.svg"
  assert_output 'http://www.w3.org/2000/svg'
  run bash -c "grep -o 'url([^)]*)' picture.svg | grep -v '^url(#'"
  refute_output
  run -0 head -n 3 picture.svg
  assert_line --regexp '^<svg .* width="900" .* viewBox="0 0 900 .* role="img" aria-labelledby="title desc"'
  assert_line --partial '<title id="title">Sequence diagram'
  assert_line --partial 'pipe_hello to child: &quot;hello world\n&quot; 12 bytes.'
  [[ $(count '@media(prefers-color-scheme:dark)') == 1 ]]
  [[ $(count 'class="bg"/>') == 1 ]]
}

@test "diagram: what is special in XML, what is no character, and Chinese are drawn" {
  {
    echo '7|new|p|0|p'
    print_of 7 'a <b> & \"c\" 你好\n'
    printf '7|note|%b\n' 'bell \a, \x7f, \xef\xbf\xbe'
    echo '7|end|return 0'
  } | trace
  drawn -f trace
  run -0 grep -c '>a &lt;b&gt; &amp; &quot;c&quot; 你好<' picture.svg
  TEXT=1 diagram -f trace >picture.txt
  run -0 grep -c 'p > a <b> & "c" 你好$' picture.txt
}

@test "diagram: three hundred reads of a byte are folded, and have one arrow" {
  {
    echo '7|new|p|0|p'
    echo '8|new|q|0|q'
    echo '7|call|p.c:1|pipe|-|-'
    echo '7|done|p.c:1|pipe|-|fd=3 obj=pipe:5 fd2=4 obj2=pipe:5|0|3'
    echo '7|call|p.c:5|write|fd 4|fd=4 obj=pipe:5 n=300 data="x"...'
    echo '7|done|p.c:5|write|fd 4|fd=4 obj=pipe:5 n=300 data="x"...|300|5'
    for ((i = 7; i < 607; i += 2)); do
      echo '8|call|q.c:5|read|fd 3, 1|fd=3 obj=pipe:5'
      echo "8|done|q.c:5|read|fd 3, 1|fd=3 obj=pipe:5 n=1 data=\"x\"|1|$i"
    done
  } | trace
  drawn -f trace
  # The last of them stands for itself, as there all of it has arrived.
  run -0 grep -o '>read pipe 1 [^<]*' picture.svg
  assert_output '>read pipe 1 x299 → 1
>read pipe 1 → 1'
  [[ $(count 'class="a data"') == 1 ]]
  (($(wc -c <picture.svg) < 9000))
  ALL=1 drawn -f trace
  [[ $(count '>read pipe 1 ') == 300 ]]
}

@test "diagram: which end of a pipe is closed, where the trace has it" {
  trace <<'T'
7|new|p|0|p
7|call|p.c:1|pipe|-|-
7|done|p.c:1|pipe|fd 3 and 4|fd=3 obj=pipe:5 end=read fd2=4 obj2=pipe:5 end2=write|0|2
7|call|p.c:2|write|fd 4, "abc", 3|fd=4 obj=pipe:5 end=write n=3 data="abc"
7|done|p.c:2|write|fd 4, "abc", 3|fd=4 obj=pipe:5 end=write n=3 data="abc"|3|4
7|call|p.c:4|close|fd 3|fd=3 obj=pipe:5 end=read
7|done|p.c:4|close|fd 3|fd=3 obj=pipe:5 end=read|0|6
7|call|p.c:5|close|fd 4|fd=4 obj=pipe:5 end=write
7|done|p.c:5|close|fd 4|fd=4 obj=pipe:5 end=write|0|8
T
  TEXT=1 LC_ALL=C diagram -f trace >picture.txt
  run -0 grep -oE '(write|close|pipe:) pipe 1.*|:[0-9] .*pipe 1.*' picture.txt
  assert_output --partial 'close pipe 1, read end  :4'
  assert_output --partial 'close pipe 1, write end  :5'
  refute_output --partial 'write pipe 1,'
  sed 's/ end2\?=[a-z]*//g' trace >trace.old
  TEXT=1 LC_ALL=C diagram -f trace.old >picture.txt
  run -1 grep ', .* end' picture.txt
}

# crowd N: a parent, and N - 1 children that it kills.
crowd() {
  local i n=1
  echo '100|new|many|0|many'
  for ((i = 1; i < $1; i++)); do
    echo '100|call|many.c:10|fork|-|-'
    echo "$((100 + i))|new|many|100|-"
    echo "100|done|many.c:10|fork|-|child=$((100 + i))|$((100 + i))|$((n + 1))"
    n=$((n + 3))
  done
  for ((i = 1; i < $1; i++)); do
    echo "100|call|many.c:12|kill|pid, SIGTERM|sig=SIGTERM to=$((100 + i))"
    echo "100|done|many.c:12|kill|pid, SIGTERM|sig=SIGTERM to=$((100 + i))|0|$((n + 1))"
    echo "$((100 + i))|end|killed SIGTERM"
    n=$((n + 3))
  done
  echo '100|end|return 0'
}

@test "diagram: up to eight lanes, and more, are whole, and 80 columns hold them" {
  local lanes
  for lanes in 1 2 3 4 8 20; do
    crowd $lanes | trace
    drawn -f trace
    [[ $(count 'class="b"/>') == "$lanes" ]]
    [[ $(count 'class="a signal"') == $((lanes - 1)) ]]
    [[ $(count 'class="x"/>') == $((lanes - 1)) ]]
    [[ $(count '>[^<]*killed SIGTERM<') == $((lanes - 1)) ]]
    # Nothing is beyond the right edge (a column is 8.5 wide).
    run awk '/<svg / { match($0, /viewBox="0 0 [0-9]+/); w = substr($0, RSTART + 13, RLENGTH - 13) + 0 }
      /^<text/ { match($0, /x="[0-9]+/); x = substr($0, RSTART + 3, RLENGTH - 3)
        a = $0 ~ /class="[^"]*[ "]?m"/ ? 0.5 : $0 ~ /class="([^"]* )?r"/ ? 0 : 1
        b = 1 - a; s = $0; gsub(/<[^>]*>/, "", s); gsub(/&[a-z]+;/, "x", s); gsub(/→/, "x", s)
        if (x + a * length(s) * 8.5 > w || x - b * length(s) * 8.5 < 0) print }' picture.svg
    refute_output
    TEXT=1 COLUMNS=80 diagram -f trace >picture.txt
    run awk 'length($0) > 80' picture.txt
    refute_output
    # Each has its own, in which one arrives.
    [[ $(grep -c 'SIGTERM' picture.txt) -ge $((lanes - 1)) ]]
  done
}

@test "diagram: text is as wide as COLUMNS, and plain ASCII without a UTF-8 locale" {
  recorded fifo
  TIMES=0 TEXT=1 COLUMNS=80 LC_ALL=C diagram -f "$TRACE" >ascii
  run grep -n '[^ -~]' ascii
  refute_output
  run -0 grep -cE '<----+\|' ascii
  TEXT=1 COLUMNS=80 LC_ALL=C.UTF-8 diagram -f "$TRACE" >wide
  (($(LC_ALL=C.UTF-8 wc -L <wide) <= 80))
  run -0 grep -c '┃<━━━━' wide
  TEXT=1 COLUMNS=120 LC_ALL=C diagram -f "$TRACE" >wide
  run -0 awk 'length($0) > n { n = length($0) } END { print (n > 80 && n <= 120) }' wide
  assert_output 1
}

@test "diagram: your own sources; a crash is in the picture" {
  needs_recording
  cat >own.c <<'EOF'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(void)
{
    int fd[2];
    if (pipe(fd) == -1 || write(fd[1], "x", 1) != 1)
        return 1;
    puts("about to");
    abort();
}
EOF
  drawn -s own.c
  run -0 grep -E 'class="(x|d r|d|o)"' picture.svg
  assert_output --partial '>killed SIGABRT<'
  assert_output --partial '>about to<'
  assert_output --partial 'class="x"'
}

@test "diagram: a run that would not end is ended, and drawn up to there" {
  needs_recording
  printf '#include <unistd.h>\nint main(void) { pause(); }\n' >hangs.c
  run -124 diagram -t 1 -o picture.svg -s hangs.c
  run -0 grep -oE '>(pause, waits|ended: the 1 seconds are over|killed SIG[A-Z]*)<' picture.svg
  assert_output '>pause, waits<
>ended: the 1 seconds are over<
>killed SIGTERM<'
}

@test "diagram: an unknown X lists those there are, status 2, and the old picture stays" {
  echo old >picture.svg
  run -2 diagram -o picture.svg nosuch
  assert_output --partial 'there is no nosuch; there are:'
  assert_output --partial 'fifo-fifo_server'
  run -2 diagram -o picture.svg fifo-nosuch
  run -0 cat picture.svg
  assert_output old
}

@test "diagram: wrong usage is status 2, a trace that is none status 1" {
  local args
  for args in '' 'pipe fifo' '-x' '-t 0 pipe' '-t soon pipe' '-s a.c pipe' '-f trace -s a.c'; do
    # shellcheck disable=SC2086 # several words
    run -2 diagram $args
    assert_output --partial 'usage: scripts/diagram'
  done
  run -1 diagram -f nosuch
  assert_output 'diagram: there is no trace in nosuch'
  run -2 diagram -s nosuch.c
}

@test "diagram: Ctrl-C while it plays leaves nothing" {
  needs_recording
  printf '#include <unistd.h>\nint main(void) { pause(); }\n' >hangs.c
  start it "$ROOT/scripts/diagram" -b "$BUILD" -t 50 -s hangs.c
  await 20 recording
  kill -TERM -- "-${PID[it]}"
  join it 143
}
recording() { compgen -G 'tmp/ipc.diagram.*/trace' >/dev/null && grep -qs pause tmp/ipc.diagram.*/trace; }

@test "diagram: every awk draws the same" {
  local trace awk form
  crowd 5 | trace
  cp trace traces
  for trace in "$PWD/traces" "$BATS_FILE_TMPDIR/fifo" "$BATS_FILE_TMPDIR/pipe_hello"; do
    [[ -s $trace ]] || continue
    for form in 0 1; do
      TEXT=$form diagram -f "$trace" >wanted
      for awk in mawk gawk original-awk 'busybox awk'; do
        command -v "${awk% *}" >/dev/null || continue
        mkdir -p awks
        printf '#!/bin/sh\nexec %s "$@"\n' "$awk" >awks/awk
        chmod +x awks/awk
        TEXT=$form PATH=$PWD/awks:$PATH diagram -f "$trace" >seen
        run -0 diff wanted seen
      done
    done
  done
}

@test "diagram: make draws to a file in build, or text to the terminal" {
  needs_recording
  [[ $BUILD == "$ROOT/build" ]] || skip 'make builds elsewhere'
  run -0 make -s -C "$ROOT" diagram-pipe-pipe_hello TEXT=1 TIMES=0
  assert_line --partial '"hello world\n" 12 bytes'
  run -0 make -s -C "$ROOT" BUILD=build diagram-pipe-pipe_hello
  assert_output build/diagram-pipe-pipe_hello.svg
  rm "$ROOT/build/diagram-pipe-pipe_hello.svg"
  run -2 make -s -C "$ROOT" diagram
  assert_output --partial 'make diagram SRC=server.c,client.c'
}
