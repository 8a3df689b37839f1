# The labs of the room pipe: do they find what is recorded, and could they fail?

setup() {
  load helpers
  load labs
  labs_setup
}
teardown() { common_teardown; }

@test "pipe labs: each verdict is the recorded one" { verdicts_are_recorded; }
@test "pipe labs: each verdict holds for an ordinary user" { verdicts_hold_for_nobody; }
@test "pipe labs: the table of claims and the labs fit each other" { labs_and_claims_fit; }
@test "pipe labs: a lab refuses what it does not know, and a full disk" { labs_are_programs; }
@test "pipe labs: the lesson sheet lists the claims" { sheet_lists_the_claims; }

@test "pipe labs: ends.c could fail" {
  turns GEN-9 's/write\(fd\[0\], "a", 1\) == 1/write(fd[0], "a", 1) == 0/'
  turns PIPE-2 's/write\(fd\[0\], &c/write(fd[1], \&c/; s/read\(fd\[1\], &c/read(fd[0], \&c/'
  turns PIPE-3 's/write\(fd\[0\], &c/write(fd[1], \&c/'
  turns PIPE-8 's/rlim_cur = 3/rlim_cur = 30/'
  turns PIPE-9 's/read\(fd\[0\], got, sizeof got\)/read(fd[0], got, 3)/'
  turns PIPE-10 '/^static void pipe_10/,/^}/{ s/close\(fd\[1\]\);/& kill(child, SIGKILL);/
    s/int end/waitid(P_PID, child, \&(siginfo_t){0}, WEXITED | WNOWAIT); &/ }'
  turns PIPE-13 's/if \(closes_its_own\)/if (0)/'
}

@test "pipe labs: fork.c could fail" {
  turns GEN-2 's/look\(fd, variable, parent\)/*parent = *child/'
  turns GEN-3 's/both_look\(code, 0/both_look((uintptr_t)new_memory(MAP_PRIVATE), 1/'
  turns GEN-4 's/MAP_PRIVATE/MAP_SHARED/
    s/static int global;/#define global (*(int *)new_memory(MAP_SHARED))/'
  turns GEN-5 's/who = 1;/who = 1; round = 0;/'
}

@test "pipe labs: order.c could fail" {
  turns GEN-6 's/own\+\+;/own++, shared->steps++;/'
  turns GEN-7 's/be_first\(child == 0/be_first(child == -1/'
  turns GEN-8 's/child_status\(PARENT\)/child_status(CHILD)/'
}

@test "pipe labs: related.c could fail" {
  turns PIPE-5 's/siblings\(0\)/siblings(1)/'
  turns PIPE-12 's/return write\(fd\[1\]/return write(-1/'
  turns PIPE-15 's/theirs = open_ones\(\)/close(fd[1]), &/'
}

@test "pipe labs: stranger.c could fail" {
  turns PIPE-4 's/dup\(r->fd\)/received/; s/\{BY_NUMBER,/{BY_MESSAGE,/'
}

@test "pipe labs: stream.c could fail" {
  turns PIPE-6 's/new_pipe\(fd\);/fd[0] = fd[1] = open(".", O_TMPFILE | O_RDWR, 0600);/'
  turns PIPE-7 's/0x50495045/0/'
  turns PIPE-11 's/write\(self_pipe\[1\]/write(2/'
  turns PIPE-14 's/F_SETFL, O_NONBLOCK\)/F_SETPIPE_SZ, (int)size * 2)/'
  turns PIPE-16 's/sizeof area\.buff\);$/11);/; s/\x27x\x27, 12/0, 12/'
  turns PIPE-17 's/write\(fd\[1\], "def", 3\)/read(fd[0], small, 3)/; s/len = 2 \* size \+ 1/len = 9/'
}
