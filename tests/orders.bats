#!/usr/bin/env bats
# Every order of events (scripts/orders): of small programs whose orders can be
# counted by hand, of the articles' kind of mistakes, and of our own examples.

setup() {
  load helpers
  common_setup
  needs_probe
  ROOT=${BATS_TEST_DIRNAME%/*}
  export BUDGET=${BUDGET:-20}
}
teardown() { common_teardown; }

orders() { timeout 100 "$ROOT/scripts/orders" -b "$BUILD" "$@"; }

@test "orders: of calls that touch nothing in common one order is played, and the rest counted" {
  cat >a.c <<'C'
#include <sys/msg.h>
int main(void)
{
    return msgctl(msgget(IPC_PRIVATE, 0600), IPC_RMID, (void *)0);
}
C
  # Three steps each, with the return from main(): 6!/(3!3!) orders.
  run -0 orders -s a.c,a.c
  assert_line '  every order: 1 order played.'
  assert_line --partial '  19 more were skipped: they differ only in the order of calls'
  assert_line '  well, in 1 order'
  assert_line '    a2 ended with status 0'
}

@test "orders: what is printed by two comes in both orders, and one run is enough to know" {
  printf '%s\n' '#include <stdio.h>' 'int main(int n, char **a) { (void)n; puts(a[1]); }' >say.c
  run -0 orders -s 'say.c a,say.c b'
  assert_line '  every order: 1 order played.'
  assert_line '  What is printed can come in 2 orders:'
  assert_line '    1. say: "a\n"'
  assert_line '    2. say2: "b\n"'
}

@test "orders: a deadlock by the order of locks, its shortest schedule, and that again" {
  cat >lock.c <<'C'
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>
static int set;
static void by(int n, int k)
{
    semop(set, &(struct sembuf){(unsigned short)n, (short)k, 0}, 1);
}
int main(void)
{
    set = semget(IPC_PRIVATE, 2, 0600);
    by(0, 1);
    by(1, 1);
    if (fork() == 0) {
        by(1, -1);
        by(0, -1);
        by(0, 1);
        by(1, 1);
        _exit(0);
    }
    by(0, -1);
    by(1, -1);
    by(1, 1);
    by(0, 1);
    wait((void *)0);
    return semctl(set, 0, IPC_RMID);
}
C
  run -1 orders -s lock.c
  assert_line --regexp '^  every order: [0-9]+ orders played: [0-9]+ end well, in 1 somebody waits for ever\.$'
  assert_line '    lock waits for ever: lock.c:7: semop set <id>, semaphore 1 -1'
  assert_line '    lock.1 waits for ever: lock.c:7: semop set <id>, semaphore 0 -1'
  assert_line '    left behind: semaphore set'
  [[ $output == *'lock: lock.c:7  semop set <id>, semaphore 0 -1
      lock.1: lock.c:7  semop set <id>, semaphore 1 -1
      lock.1: lock.c:7  semop set <id>, semaphore 0 -1  -- it waits
      lock: lock.c:7  semop set <id>, semaphore 1 -1  -- it waits
    Play it again: make replay SRC='\''lock.c'\'' ORDER=1x5,2x2' ]]
  # The same without what spares orders finds neither more nor less.
  local kinds
  kinds=$(grep -c 'BAD\|^  well' <<<"$output")
  PLAIN=1 run -1 orders -s lock.c
  assert_line --partial 'every order: '
  assert_equal "$(grep -c 'BAD\|^  well' <<<"$output")" "$kinds"

  ORDER=1x5,2x2 run -1 orders -r -s lock.c
  assert_line --partial 'nobody can go on'
  assert_line '    lock.1 waits for ever: lock.c:7: semop set <id>, semaphore 0 -1'
  ORDER=1x7 run -0 orders -r -s lock.c
  assert_line '    lock.1 ended with status 0'
}

@test "orders: a V that is undone when its process ends: some end, one hangs" {
  # The articles' way: SEM_UNDO on a V that is to stay.
  cat >undo.c <<'C'
#include <stdio.h>
#include <sys/sem.h>
#include <unistd.h>
int main(void)
{
    struct sembuf v = {0, 1, SEM_UNDO}, p = {0, -1, SEM_UNDO};
    int set = semget(IPC_PRIVATE, 1, 0600);
    if (fork() == 0) {
        sleep(1);
        puts("child");
        return semop(set, &v, 1);
    }
    semop(set, &p, 1);
    puts("parent");
    return semctl(set, 0, IPC_RMID);
}
C
  run -1 orders -s undo.c
  assert_line --regexp 'every order: [0-9]+ orders played: [0-9]+ end well, in 1 somebody waits for ever'
  [[ $output == *'undo.1: undo.c:10  puts "child\n"
      undo.1: undo.c:11  semop set <id>, semaphore 0 +1 SEM_UNDO
      undo.1: return 0 from main()
      undo: undo.c:13  semop set <id>, semaphore 0 -1 SEM_UNDO  -- it waits'* ]]
  assert_line '    undo.1 | child'
  refute_line '    undo | child'
}

@test "orders: a lost wake-up, a crash, what is left, and lines that some orders lack" {
  cat >wake.c <<'C'
#include <signal.h>
#include <unistd.h>
static void on(int sig) { (void)sig; }
int main(void)
{
    signal(SIGUSR1, on);
    if (fork() == 0)
        return kill(getppid(), SIGUSR1);
    pause();
}
C
  run -1 orders -s wake.c
  assert_line --partial 'in 1 somebody waits for ever'
  assert_line '    wake waits for ever: wake.c:9: pause -'
  PLAIN=2 run -1 orders -s wake.c # each single order, without any reduction
  assert_line --partial 'in 1 somebody waits for ever'
  assert_equal "$(grep -c 'BAD\|^  well' <<<"$output")" 2

  cat >first.c <<'C'
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
int main(int n, char **a)
{
    int fd = open("name", O_CREAT | O_EXCL | O_WRONLY, 0600);
    if (fd == -1 && a[n - 1][0] == 'b')
        raise(SIGSEGV);
    if (fd == -1)
        return 0;
    puts(a[n - 1]);
    if (a[n - 1][0] == 'a')
        unlink("name");
}
C
  run -1 orders -s 'first.c a,first.c b'
  assert_line --regexp '^  BAD, in [0-9]+ orders?: first2 ended with SEGV$'
  assert_line '    first2 was ended by signal SEGV'
  assert_line '    left behind: file name'
  # (b comes second and finds no name, or first and leaves it: nothing is well)
  assert_line --partial ': 0 end well'

  cat >some.c <<'C'
#include <stdio.h>
#include <unistd.h>
int main(void)
{
    int fd[2];
    char c[2];
    if (pipe(fd) == -1)
        return 1;
    if (fork() == 0)
        return write(fd[1], "a", 1) + write(fd[1], "b", 1) != 2;
    close(fd[1]);
    while (read(fd[0], c, 2) > 0)
        puts("some");
}
C
  run -1 orders -s some.c
  assert_line --partial 'the output depends on the order: some prints 1 time, not 2:'
  refute_line --regexp '^.{81}'
}

@test "orders: what one call changes for another, though they name it in different words" {
  # In each of them the child may come before its parent's call, or behind it.
  cat >two.c <<'C'
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
static struct { long type; char text[1]; } m = {1, "x"};
static struct stat st;
static struct msqid_ds ds;
static char c;
static void says(int yes) { puts(yes ? "yes" : "no"); }
int main(int n, char **a)
{
    int fd = open("f", O_CREAT | O_RDWR, 0600), ends[2], id = -1;
    pid_t dead = -1;
    if (n != 2 || write(fd, "ab", 2) != 2 || lseek(fd, 0, SEEK_SET) || pipe(ends))
        return 1;
    if (*a[1] == 's')           // a segment removed, and attached
        id = shmget(IPC_PRIVATE, 1, 0600);
    if (*a[1] == 'q') {         // a queue with room for one message
        id = msgget(IPC_PRIVATE, 0600);
        msgctl(id, IPC_STAT, &ds);
        ds.msg_qbytes = 1;
        msgctl(id, IPC_SET, &ds);
        msgsnd(id, &m, 1, 0);
    }
    if (*a[1] == 'w' && mkfifo("ff", 0600) == 0) // a writer wants a reader
        id = open("ff", O_RDONLY | O_NONBLOCK);
    if (*a[1] == 'p' && (dead = fork()) == 0) // a pid that is nobody's any more
        return 0;
    if (fork() == 0) {
        switch (*a[1]) {
        case 's': says(shmat(id, NULL, 0) != (void *)-1); break;
        case 'q': m.type = 2; says(msgsnd(id, &m, 1, IPC_NOWAIT) == 0); break;
        case 'o': says(read(fd, &c, 1) == 1 && c == 'a'); break; // one offset for both
        case 'n': says(stat("f", &st) == 0 && st.st_size == 2); break;
        case 'f': close(ends[1]); says(read(ends[0], &c, 1) == -1); break; // O_NONBLOCK
        case 'p': says(kill(dead, 0) == 0); break;
        case 'w': close(id); says(open("ff", O_WRONLY | O_NONBLOCK) != -1); break;
        }
        return 0;
    }
    switch (*a[1]) {
    case 's': shmctl(id, IPC_RMID, NULL); break;
    case 'q': msgrcv(id, &m, 1, 1, 0); break;
    case 'o': if (read(fd, &c, 1) != 1) return 1; break;
    case 'n': if (ftruncate(fd, 1)) return 1; break;
    case 'f': fcntl(ends[0], F_SETFL, O_NONBLOCK); break;
    case 'p': waitpid(dead, NULL, 0); break;
    case 'w': close(id); break;
    }
    wait(NULL);
    if (*a[1] == 'w')
        unlink("ff");
    if (*a[1] == 'q')
        msgctl(id, IPC_RMID, NULL);
    return unlink("f");
}
C
  local what
  for what in s q o n w p; do
    run -1 orders -s "two.c $what"
    assert_line --regexp '^  every order: '
    assert_line --regexp '^    [12]\. two\.[12]: "no'
    assert_line --regexp '^    [12]\. two\.[12]: "yes'
  done
  # (the last one: without what spares orders they are as many)
  local line=${lines[1]}
  PLAIN=1 run -1 orders -s "two.c $what"
  assert_line "$line"
  run -1 orders -s 'two.c f'
  assert_line '    two.1 | yes'
  assert_line --partial 'two.1 waits for ever: two.c:39: read'
}

@test "orders: of shared memory it says what it does not try" {
  cat >count.c <<'C'
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
    int *n = mmap(0, sizeof *n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fork() == 0)
        return ++*n < 1;
    ++*n;
    wait(0);
}
C
  run -0 orders -s count.c
  assert_line --partial 'note: only calls are put in order: what a process does in shared memory'
  refute_line --regexp '^.{81}'
}

@test "orders: a server of one's own that does not end may be ended by Ctrl-C" {
  cat >server.c <<'C'
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int n, char **a)
{
    (void)a;
    if (mkfifo("here", 0600) == 0 && unlink("here") == 0)
        puts("\376");
    while (n == 1)
        pause();
}
C
  run -1 orders -s server.c
  assert_line --partial 'in 1 somebody waits for ever'
  run -0 orders -s 'server.c ^C'
  assert_line '    server was ended by signal INT'
  refute_line --partial '+ |'
}

@test "orders: of our examples exactly those lines can come that the casts allow" {
  run -0 orders pipe-pipe_message
  assert_line --regexp '^  every order: [0-9]+ orders played\.$'
  assert_line '  What is printed can come in 2 orders:'
  assert_equal "$(grep -c '^  well' <<<"$output")" 1
  refute_line --partial BAD
  local play
  for play in pipe-pipe_reverse semaphore-sem_order; do
    run -0 orders "$play"
    assert_line --regexp '^  every order: [0-9]+ orders played\.$'
    refute_line --partial 'What is printed can come in'
    assert_equal "$(grep -c '^  well' <<<"$output")" 1
  done
}

@test "orders: who is started first and finds nobody says so; who waits, too: that is well" {
  BUDGET=2 SEED=7 run -0 orders unixsock-sock_pass_fd
  assert_line --regexp '^  (bounded: .* at random \(SEED=7\)|every order): [0-9]+'
  assert_line --regexp '^  [0-9]+ more|At least'
}

@test "orders: a program that prints another thing than the cast has it is bad" {
  # The cast of another one, for the same program.
  mkdir -p room
  sed 's/hello world/goodbye world/' "$ROOT/pipe/cast" >room/cast
  printf 'parent runs %s\n' "$BUILD/pipe/pipe_hello" >acts
  mkdir w
  run -1 timeout 60 env LC_ALL=C awk -f "$ROOT/scripts/outcome.awk" -f "$ROOT/scripts/orders.awk" \
    -v dir="$PWD" -v director="$BUILD/scripts/director -b $BUILD -t 10 -z" \
    -v cast=room/cast -v play=pipe_hello -v budget=5
  assert_line --partial 'child prints: hello world; not: goodbye world'
}

@test "orders: the time is kept to, and the rest of it is random orders of a seed that is told" {
  cat >many.c <<'C'
#include <stdio.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
    int set = semget(IPC_PRIVATE, 1, 0600);
    for (int child = 0; child < 3; child++)
        if (fork() == 0) {
            for (int i = 0; i < 9; i++)
                semop(set, &(struct sembuf){0, 1, 0}, 1);
            _exit(0);
        }
    while (wait((void *)0) > 0)
        ;
    return semctl(set, 0, IPC_RMID);
}
C
  local start=$SECONDS
  BUDGET=1 SEED=42 run -0 orders -s many.c
  ((SECONDS - start < 30))
  assert_line --regexp '^  bounded: (all orders with at most [0-9]+ preemptions?|some orders without a preemption), [0-9]+ at random \(SEED=42\): [0-9]+'
}

@test "orders: what cannot be asked is told with status 2, and nothing stays" {
  run -2 orders
  assert_output --partial 'usage: scripts/orders'
  run -2 orders -a pipe
  run -2 orders -r -a
  run -2 orders pipe-nothing
  assert_output --partial 'there is no pipe-nothing'
  run -2 orders -s nothing.c
  assert_output --partial 'there is no file nothing.c'
  BUDGET=much run -2 orders pipe
  assert_output --partial 'BUDGET is seconds, not much'
  SEED=x run -2 orders pipe
  ORDER='1 2' run -2 orders -r pipe-pipe_hello
  assert_output --partial 'ORDER is like 1x3,2,1, not 1 2'
  SCENE=9 run -2 orders -r pipe-pipe_hello
  assert_output --partial 'there is no scene 9'
  printf 'int main(void) { return x; }\n' >no.c
  run -1 orders -s no.c
  assert_output --partial 'no.c does not compile'
}

@test "orders: who only computes does not wait" {
  echo 'int main(void) { for (;;) ; }' >turns.c
  ORDER=0 run -1 orders -r -s turns.c
  assert_line --partial 'turns goes on for ever, and makes no call that is seen'
}

@test "orders: Ctrl-C ends it, and the programs that it plays" {
  printf '%s\n' '#include <unistd.h>' 'int main(void) { for (;;) usleep(1); }' >spin.c
  # (It once went on behind that, and its next run was made, and tidied up, here.)
  touch precious
  TMPDIR=$PWD start search env TMPDIR="$PWD" "$ROOT/scripts/orders" -b "$BUILD" -s spin.c
  await 20 compgen -G 'ipc.orders.*/own/trace' >/dev/null
  hit search TERM
  join search 143
  run -1 compgen -G 'ipc.orders.*'
  run -1 pgrep -f "$PWD/ipc.orders"
  [ -e precious ]
}

@test "orders, faults: an object that was there before is not theirs to remove" {
  local id key
  cat >uses.c <<'C'
#include <err.h>
#include <stdlib.h>
#include <sys/msg.h>
int main(int argc, char **argv)
{
    if (argc != 2 || msgget((key_t)strtoul(argv[1], NULL, 16), IPC_CREAT | 0600) == -1)
        err(1, "msgget");
    return 0;
}
C
  id=$(ipcmk -p 600 -Q | sed 's/.* //')
  key=$(ipcs -q | awk -v id="$id" '$2 == id { print $1 }')
  run orders -s "uses.c $key"
  ipcs -q | grep -q " $id "
  assert_success
  assert_line '  every order: 1 order played.'
  run timeout 60 "$ROOT/scripts/faults" -b "$BUILD" -s "uses.c $key"
  ipcs -q | grep -q " $id "
  assert_success
  ipcrm -q "$id"
  # A new one is the program's, and goes.
  run -1 orders -s "uses.c $key"
  assert_line '    left behind: queue'
  run ipcs -q
  refute_output --partial "$key"
}
