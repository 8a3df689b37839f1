# make classroom: a room full of students. A class is small here; that it is told
# when something is wrong is what costs.
# shellcheck disable=SC2016 # code for sh is quoted on purpose

setup() {
  load helpers
  common_setup
  [[ ! ${UNDER:-} == valgrind ]] || skip 'a room full of valgrinds'
  ROOT=${BATS_TEST_DIRNAME%/*}
  export TMPDIR=$BATS_TEST_TMPDIR/tmp PACE=0
  mkdir -m 1777 tmp
  unset MAKEFLAGS MFLAGS MAKELEVEL KEEP
}
teardown() {
  local left=''
  [[ -z ${BATS_TEST_COMPLETED:-} ]] || left=$(find tmp -mindepth 1)
  common_teardown || return 1
  [[ -z $left ]] || { echo "left behind: $left" >&2; return 1; }
}

# class ARG...: with the programs in b, if there are any.
class() {
  local build=${BUILD:?}
  [[ ! -d b ]] || build=$PWD/b
  timeout 200 "$ROOT/scripts/classroom" -b "$build" "$@"
}
# misbehave PROGRAM SIBLING: in its place a script, from stdin; then it runs. It is
# found under the name of its sibling, which does not play.
misbehave() {
  local room=${1%/*} file
  mkdir -p b
  for file in "$BUILD"/*; do ln -sf "$file" b; done
  rm "b/$room"
  mkdir "b/$room"
  for file in "$BUILD/$room"/*; do [[ -d $file ]] || ln -s "$file" "b/$room"; done
  rm "b/$1" "b/$room/$2"
  cp "$BUILD/$1" "b/$room/$2"
  { echo '#!/bin/sh'; cat; echo "exec \"\${0%/*}/$2\" \"\$@\""; } >"b/$1"
  chmod +x "b/$1"
}
# theirs: objects of the users whom the class had, and of the stranger; pids.
theirs() {
  local a b
  read -r a b < <(sed -n 's/.*user ids \([0-9]*\) to \([0-9]*\).*/\1 \2/p' class.out)
  [[ -z $a ]] || awk -v a="$a" -v b=$((b + 1)) 'FNR > 1 {
    for (i = 5; i <= 8; i++) if ($i >= a && $i <= b) { print FILENAME, $0; next }
  }' /proc/sysvipc/*
  grep -lsF "$TMPDIR/classroom." /proc/[0-9]*/environ || :
}

@test "classroom: all play at once, some are killed, and all is as it should be" {
  KEEP=1 PACE=0.01 run -0 class -n 3 -s 10 -d 60 fifo msgqueue
  assert_line --regexp '^classroom: 3 students, .*; seed 10$'
  assert_line --regexp '^3 of 3 sessions done, 6 of 6 demos; 0 at once, [0-9]+ s$'
  assert_line --regexp '^sessions   3 of 3, up to [23] plays at once, '
  assert_line --regexp '^demos      6: [2-6] undisturbed '
  assert_line 'printed    as when one plays alone, line by line; nothing has crossed over'
  assert_line --regexp 'after make clean-objects by each: 0 '
  assert_line clean
  # The decisions are those of the seed, whatever awk there is.
  run -0 cat tmp/classroom.*/student[123]/plan
  assert_output "fifo int 51 45 0
msgqueue whole 200 48 0
fifo stage 283 11 0.005
msgqueue whole 311 33 0.009
msgqueue stage 35 32 0
fifo one 653 30 0"
  rm -r tmp/classroom.*
}

@test "classroom: who prints, leaves or lets run what he should not is found" {
  ((EUID == 0)) || skip 'needs root: the students are of other users'
  grep -q ' /dev/mqueue mqueue ' /proc/mounts || unshare -m mount -t mqueue none /dev/mqueue ||
    skip 'a queue that is left cannot be seen here'
  misbehave pipe/pipe_hello pipe_siblings <<'EOT'
checkout=${0%/*}/../..
case $CLASSROOM in
  *.1) echo 'x002 was not typed here' >&2 ;;
  *.2) echo 'more than when alone' >&2 ;;
  *.3) setsid sh -c 'echo; exec sleep 300' >away 2>/dev/null &
    until [ -s away ]; do sleep 0.01; done # until then the stage would end it
    rm away ;;
  *.4) : >"$checkout/mess"
    : >/dev/mqueue/mess ;; # (a queue, as by mq_open(3))
  *.5) ipcmk -Q -p 600 >/dev/null ;;
  *.6) # stage, make, and then the student's shell
    make=$(cut -d ' ' -f 4 /proc/$PPID/stat)
    kill -KILL "$(cut -d ' ' -f 4 "/proc/$make/stat")" ;;
esac
EOT
  run class -n 6 -s 7 -d 0 pipe
  assert_line '  student 1, pipe: parent ! x002 was not typed here is one line too many (crossed over from student 2)'
  assert_line '  student 2, pipe: parent ! more than when alone is one line too many'
  assert_line --regexp '^  student 3: still runs: [0-9]+ sleep$'
  assert_line '  left, and not by one who was killed: student4/mess'
  assert_line '  left, and not by one who was killed: student4:/dev/mqueue/mess'
  assert_line '  make clean-objects does not remove: student4/mess'
  assert_line --regexp '^  student 5 was not killed, and has left: msg [0-9]+$'
  assert_line --regexp '^  make clean-objects does not remove: msg [0-9]+ [0-9]+$'
  assert_line --partial '  student 6 could not go on: '
  assert_line '  1 demos were not played'
  assert_line --regexp '^sessions   NOT AS IT SHOULD BE: 2$'
  assert_line --regexp '^printed    NOT AS IT SHOULD BE: 2$'
  assert_line --regexp '^processes  NOT AS IT SHOULD BE: 1$'
  assert_line --regexp '^objects    NOT AS IT SHOULD BE: 8$'
  assert_line 'stranger   his queues, set, segment, FIFO, socket and files are untouched'
  assert_line 'NOT CLEAN: (again: -s 7)'
  [ "$status" -eq 1 ]
  echo "$output" >class.out
  run theirs # and yet it is all gone now
  refute_output
}

@test "classroom: who fails, or touches what is a stranger's, is found; all one user" {
  misbehave pipe/pipe_hello pipe_siblings <<'EOT'
class=${0%/*}/../../..
case $CLASSROOM in
  *.1) rm "$class/student1/fifo1"
    echo more >>"$class/student1/mmap.dat"
    set -- $(stat -c '%d %i' "$class/stranger") # his segment's key, as by ftok(3)
    ipcrm -M $((104 << 24 | ($1 & 255) << 16 | ($2 & 65535)))
    set -- ;;
  *.2) exit 3 ;;
esac
EOT
  KEEP=1 run class -1 -n 2 -s 7 -d 0 pipe chat
  assert_line 'classroom: 2 students, one user id, separate checkouts; seed 7'
  assert_line --partial "is:  stat: cannot stat"
  assert_line --regexp '^  was: mmap.dat inode [0-9]+ mode [0-9a-f]+ of [0-9]+:[0-9]+, '
  assert_line --regexp '^  was: [0-9]+ [0-9]+ mmap.dat$'
  assert_line --regexp '^  is:  shm [0-9]+ is gone$'
  assert_line --regexp '^  student 2, pipe: status 2, make: .* Error 1$'
  assert_line --regexp '^  student 2, pipe: .*FAILED: child: ended without printing: hello world'
  assert_line --regexp '^printed    NOT AS IT SHOULD BE: [0-9]+$'
  assert_line --regexp '^stranger   NOT AS IT SHOULD BE: [0-9]+$'
  [ "$status" -eq 1 ]
  # What is typed bears the student's number: it would be seen at somebody else's.
  run -0 grep -h ' | <-- ' tmp/classroom.*/student2/log/*.chat
  assert_line --regexp '^person1 . <-- he002 from 0$'
  assert_line --regexp '^person0 . <-- hi, t002 is 1$'
  rm -r tmp/classroom.*
}

@test "classroom: what clean-objects does not remove is found" {
  mkdir b
  ln -s "$BUILD"/* b
  rm b/scripts
  mkdir b/scripts
  cp "$BUILD/scripts/stage" "$BUILD/scripts/can" b/scripts
  printf '#!/bin/sh\necho nothing to remove\n' >b/scripts/objects
  chmod +x b/scripts/objects
  PACE=0.1 run class -n 1 -s 11 -d 100 fifo
  assert_line --regexp 'killed: in 0 a program, in 0 the stage, in 1 all$'
  assert_line --regexp '^  make clean-objects does not remove: student1/tmp/ipc\.'
  [ "$status" -eq 1 ]
}

@test "classroom: without root, separate checkouts; progress is a line that renews itself" {
  needs script
  local nobody=()
  if ((EUID == 0)); then
    nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    "${nobody[@]}" test -r "$ROOT/Makefile" -a -r "$BUILD/pipe/pipe_hello" -a -w "$TMPDIR" ||
      skip 'nobody cannot get here'
  fi
  # (script(1) runs it by $SHELL, which nobody may not have.)
  run -0 timeout 100 script -qfec "${nobody[*]} '$ROOT/scripts/classroom' -b '$BUILD' -n 2 -d 0 pipe" typescript
  assert_output --regexp 'classroom: 2 students, one user id, separate checkouts; seed [0-9]+'
  assert_output --regexp $'\r'"1 of 2 sessions done, [12] of 2 demos; .*"$'\r'"2 of 2 sessions done"
  assert_output --partial clean
}

@test "classroom: Ctrl-C ends all, and all is gone" {
  local build=${BUILD:?}
  PACE=0.5 start class "$ROOT/scripts/classroom" -b "$build" -n 2 -s 7 -d 0 fifo
  await 60 playing 2
  hit class INT
  join class 130
  run theirs
  refute_output
  warns class 'interrupted; ending all'
  run ! warns class Terminated
}
# playing N: so many students have a play on the stage (not the one alone, before).
playing() {
  local play n=0
  for play in tmp/classroom.*/student[1-9]/tmp/ipc.*; do
    [[ ! -e $play || $play == */ipc.strang ]] || ((++n))
  done
  ((n >= $1))
}

@test "classroom: what does not end in time is ended, and told" {
  PACE=0.3 run class -n 2 -s 7 -d 0 -t 2 fifo
  [ "$status" -eq 1 ]
  assert_line 'NOT DONE within 2 s (again: -s 7)'
  assert_line '  student 2 is at: fifo'
  echo "$output" >class.out
  run theirs
  refute_output
}

@test "classroom: wrong usage is status 2; what make hands on" {
  local wrong
  for wrong in '-n 0' '-n many' '-n 201' '-s 0' '-t 0' '-d 101' '-z' '-b' nosuch pipe-nosuch; do
    # shellcheck disable=SC2086 # words
    run -2 class $wrong
  done
  assert_output --partial 'there is no pipe-nosuch'
  run -2 class -n 0
  assert_output 'classroom: -n 0: a number from 1 to 200'
  run -1 "$ROOT/scripts/classroom" -b nowhere
  assert_output --partial 'is not there (try: make)'
  run -0 make -C "$ROOT" -n BUILD="$BUILD" N=3 SEED=5 BOUND=9 ALL=1 classroom
  assert_output --regexp 'classroom -b .* -n 3 -s 5 -t 9 .*pipe-all .*chat-all'
}
