# shellcheck shell=bash disable=SC2154,SC2317,SC2016 # $output and $stderr come from bats; awk's own $
# A run that is given: director -p PLAN, and scripts/plan, which makes one.
load helpers # it sets ROOT and scripts

setup() {
  needs_probe
  common_setup
  mkdir field
}
teardown() { common_teardown; }

# own NAME: a program of this test, its source from standard input.
own() {
  mkdir -p own
  cat >"own/$1.c"
  "${CC:-cc}" -g -o "own/$1" "own/$1.c"
}
# plan LINE...; play [ARG...]: it is played in ./field; status in $status.
plan() { printf '%s\n' "$@" >plan; }
play() {
  (close_inherited; cd field && exec timeout -k 5 60 "$BUILD/scripts/director" -b "$BATS_TEST_TMPDIR" -o ../trace -t 20 -p ../plan "$@")
}
# events EVENT: the fields behind it, a process as its number.
events() {
  awk -F '\t' -v OFS=' ' -v e="$1" '
    $4 == "new" { n[$3] = ++k }
    $4 == e {
      line = n[$3] + 0
      for (i = 5; i <= NF; i++)
        line = line " " (e == "stuck" || e == "turn" ? numbers($i) : $i)
      print line
    }
    function numbers(pids,   p, i, t) {
      split(pids, p, ",")
      for (i = 1; i in p; i++)
        t = t (i > 1 ? "," : "") n[p[i]]
      return t
    }' trace
}
# The programs lie where the director takes them for its own.
build_here() {
  mkdir -p scripts
  ln -s "$BUILD/scripts/probe.so" scripts/probe.so
}
two_writers() {
  build_here
  own two <<'EOT'
#include <unistd.h>
int main(int argc, char **argv)
{
    (void)argc;
    for (int i = 0; i < 3; i++)
        if (write(1, argv[1], 1) != 1)
            return 1;
    return write(3, argv[1], 1) == 1;
}
EOT
}

@test "plan: without an order who went last goes on; an order says who" {
  two_writers
  plan "a runs $PWD/own/two a" '# a comment' '' "b runs $PWD/own/two b"
  run -0 play
  run -0 events call
  assert_output --regexp "$(printf '^1 [^\n]*\n1 [^\n]*\n1 [^\n]*\n1 [^\n]*\n2 ')"
  assert_equal "$(cat a.out b.out)" aaabbb
  assert_equal "$(events turn | head -n 1)" '0 1,2'
  assert_equal "$(events held | wc -l)" 15 # both, until a is gone; returns too

  rm ./*.out
  plan "a runs $PWD/own/two a" "b runs $PWD/own/two b" 'order 2 1 2' 'order 7 1'
  run -0 play -q
  run -0 events call
  assert_equal "$(cut -c 1 <<<"$output" | tr -d '\n')" 21211122
  assert_equal "$(grep -c 'order 7: cannot go now' trace)" 1
  assert_line --regexp '^2 \+[0-9a-f]+ write '
  assert_equal "$(cat a.out b.out)" aaabbb
}

@test "plan: the same plan gives the same trace" {
  local round
  for round in 1 2; do
    rm -rf field && mkdir field
    "$scripts/plan" -b "$BUILD" fifo:fifo_server >plan
    echo 'order 1 1 2 3 2 3 4 2 3 1 1 2' >>plan
    (close_inherited; cd field && exec timeout -k 5 60 "$BUILD/scripts/director" -b "$BUILD" -o ../trace -t 20 -q -p ../plan)
    run -0 events call
    printf '%s\n' "$output" | sed -e 's/[0-9]\{3,\}/N/g' >"calls.$round"
    assert [ "$(wc -l <"calls.$round")" -gt 30 ]
  done
  cmp calls.1 calls.2
}

@test "plan: what is typed comes when all rest; ^D, ^C; who starts later" {
  build_here
  own echo <<'EOT'
#include <stdio.h>
int main(void)
{
    char line[100];
    setvbuf(stdin, NULL, _IONBF, 0);
    while (fgets(line, sizeof line, stdin) != NULL)
        printf("%s", line);
    return puts("end") == EOF;
}
EOT
  plan "a runs $PWD/own/echo" 'a types one two' 'a types ^D' \
    "b runs $PWD/own/echo" 'b types x' 'b types ^C' 'b types y'
  run -0 play -q
  assert_equal "$(cat a.out)" "$(printf 'one two\nend')"
  assert_equal "$(events end)" "$(printf '1 return 0\n2 killed SIGINT')"
  # b was not there before a had ended.
  assert_equal "$(awk -F '\t' '$4 == "new" || $4 == "end" { printf "%s ", $4 }' trace)" 'new end new end '
}

@test "plan: who waits for ever is stuck, status 3; who waits for the clock is not" {
  build_here
  own waits <<'EOT'
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>
static void wake(int sig) { (void)sig; }
int main(int argc, char **argv)
{
    int fd[2], how = argc == 2 ? atoi(argv[1]) : 0;
    struct itimerval t = {{0, 0}, {0, 200000}};
    struct sigaction action = {.sa_handler = wake};
    if (pipe(fd) == -1 || sigaction(SIGALRM, &action, NULL) == -1)
        return 1;
    if (how == 1 && setitimer(ITIMER_REAL, &t, NULL) == -1)
        return 1;
    if (how == 2)
        return poll(&(struct pollfd){.fd = fd[0], .events = POLLIN}, 1, 200);
    if (how == 3)
        return usleep(200000) == -1 || system("sleep 0.2") != 0;
    pause();
    return 0;
}
EOT
  plan "a runs $PWD/own/waits" "b runs $PWD/own/waits" "c runs $PWD/own/waits 2"
  run -3 play
  assert_equal "$(events stuck)" '0 1,2'
  assert_equal "$(events end)" "$(printf '3 return 0\n1 killed SIGTERM\n2 killed SIGTERM')"
  assert_equal "$(events wait | grep -c 'waits.c:.* pause')" 2
  local how
  for how in 1 2 3; do
    plan "a runs $PWD/own/waits $how"
    run -0 play -q
    assert_equal "$(events end)" '1 return 0'
  done
  # And who never rests is ended by -t.
  plan "a runs $PWD/own/waits"
  own waits <<<'int main(void) { for (;;) ; }'
  run -124 play -q -t 1
}

@test "plan: faults: who is killed, stopped, gets a signal; and what did not come about" {
  two_writers
  plan "a runs $PWD/own/two a" "b runs $PWD/own/two b" 'fault 1 2 kill'
  run -0 play
  assert_equal "$(cat a.out b.out)" abbb
  assert_equal "$(events end)" "$(printf '1 killed SIGKILL\n2 return 0')"
  assert_equal "$(events fault)" '1 two.c:6 kill -'

  rm ./*.out
  plan "a runs $PWD/own/two a" "b runs $PWD/own/two b" 'fault 1 3 kills 2' 'fault 1 99 kill'
  run -0 play -q
  assert_equal "$(cat a.out b.out)" aaa
  assert_equal "$(events end)" "$(printf '2 killed SIGKILL\n1 return 0')"
  assert_equal "$(events note)" '0 fault 1 99: it did not come to that'

  rm ./*.out
  plan "a runs $PWD/own/two a" "b runs $PWD/own/two b" 'fault 1 2 stop'
  run -0 play -q
  assert_equal "$(events call | cut -c 1 | tr -d '\n')" 11222211 # b goes on meanwhile
  assert_equal "$(cat a.out b.out)" aaabbb

  rm ./*.out
  plan "a runs $PWD/own/two a" 'fault 1 2 signal USR1'
  run -0 play -q
  assert_equal "$(cat a.out)" a
  assert_equal "$(events end)" '1 killed SIGUSR1'
}

@test "plan: wrong plans are told, exit 2" {
  build_here
  local line
  for line in 'a runs' 'fault 1' 'a says x' 'a types x'; do
    plan "$line"
    run -2 --separate-stderr play
    assert_output ''
    [[ $stderr == 'director: '* ]]
  done
  plan 'a runs true' 'b types x'
  run -2 --separate-stderr play
  [[ $stderr == *'b does not run'* ]]
  run -2 play -s
  rm plan
  run -1 --separate-stderr play
  [[ $stderr == *'plan: No such file'* ]]
}

@test "plan: a play of a cast as a plan" {
  run -0 "$scripts/plan" -b /x -u word unixsock:abstract
  assert_line 'ann runs /x/unixsock/sock_client @word hello world'
  assert_line 'bob types ^D'
  assert_equal "${#lines[@]}" 6
  run -0 "$scripts/plan" -b /x semaphore:sem_order
  assert_output 'father runs /x/semaphore/sem_order . 0'
  run -2 "$scripts/plan" fifo:nosuch
  run -2 "$scripts/plan" nosuch:fifo
  run -2 "$scripts/plan"
}
