# The labs of the room fifo: do they find what is recorded, and could they fail?

setup() {
  load helpers
  load labs
  labs_setup
}
teardown() { common_teardown; }

@test "fifo labs: each verdict is the recorded one" { verdicts_are_recorded; }
@test "fifo labs: each verdict holds for an ordinary user" { verdicts_hold_for_nobody; }
@test "fifo labs: the table of claims and the labs fit each other" { labs_and_claims_fit; }
@test "fifo labs: a lab refuses what it does not know, and a full disk" { labs_are_programs; }
@test "fifo labs: the lesson sheet lists the claims" { sheet_lists_the_claims; }

@test "fifo labs: name.c could fail" {
  turns FIFO-1 's/mkfifo\(path, 0600\)/mknod(path, S_IFREG | 0600, 0)/'
  turns FIFO-3 's/lstat\(path, &st\) == -1 \|\|/stat("\/dev\/null", \&st) == -1 ||/'
  turns FIFO-4 '/^static void fifo_4/,/^}/s/result = mkfifo\(path, 0600\)/result = unlink(path) + mkfifo(path, 0600)/'
  turns FIFO-5 's/mkfifo\(path, 0666\)/mkfifo(path, 0644)/'
}

@test "fifo labs: opening.c could fail" {
  turns FIFO-7 's/"FIFO-7", O_RDONLY/"FIFO-7", O_RDWR/'
  turns FIFO-8 's/"FIFO-8", O_WRONLY/"FIFO-8", O_RDWR/'
  turns FIFO-9 's/thread_has_opened = fd != -1/thread_has_opened = 0/; s/at_once\(O_RDWR\)/at_once(O_WRONLY)/'
  turns FIFO-10 's/O_RDONLY \| O_NONBLOCK;/O_WRONLY | O_NONBLOCK;/'
  turns FIFO-11 's/flags = O_WRONLY \| O_NONBLOCK/flags = O_WRONLY/'
  turns FIFO-17 's/unlink\(path\) == -1 && errno != ENOENT/mkfifo(path, 0600) == -1 \&\& unlink(path) == -1/'
}

@test "fifo labs: stream.c could fail" {
  turns FIFO-2 's/r = open\(name, O_RDONLY/r = open(link, O_RDONLY/'
  turns FIFO-6 's/mkfifo\(path, 0600\)/mknod(path, S_IFREG | 0600, 0)/'
  turns FIFO-12 's/mkfifo\(path, 0600\)/mknod(path, S_IFREG | 0600, 0)/'
  turns FIFO-13 's/mkfifo\(path, 0600\)/mknod(path, S_IFREG | 0600, 0)/'
  turns FIFO-14 's/strlen\(message\[i\]\) \+ 1/strlen(message[i])/'
}

@test "fifo labs: leaving.c could fail" {
  turns FIFO-15 's/SIG_DFL, 0\)/SIG_IGN, 0)/'
  turns FIFO-16 's/int fd = open\(path, O_RDONLY\)/int fd = open(path, O_RDWR)/'
}

@test "fifo labs: server.c could fail" {
  turns FIFO-18 's/large \+= large \/ 2/large = PIPE_BUF/; s/"does not hold", 0/"does not hold", 1/'
  turns FIFO-19 's/"%s\.other"/"%s"/'
}

# A signal while one waits: nothing is left, and the signal is what ends it.
@test "fifo labs: ended by a signal, a lab takes its FIFO and its folder along" {
  can_inject
  local number=(1 2 3 15 14) name n=0
  for name in HUP INT QUIT TERM ALRM; do
    run injects "?mknod,?mknodat:signal=$name:when=1" -- "$BUILD/fifo/labs/opening" FIFO-7
    assert_equal "$status" $((128 + number[n++]))
    run find . -name 'fifo.*'
    refute_output
  done
}
