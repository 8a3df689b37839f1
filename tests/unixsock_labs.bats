# The labs of the room unixsock: do they find what is recorded, and could they
# fail?

setup() {
  load helpers
  load labs
  labs_setup
}
teardown() { common_teardown; }

@test "unixsock labs: each verdict is the recorded one" { verdicts_are_recorded; }
@test "unixsock labs: each verdict holds for an ordinary user" { verdicts_hold_for_nobody; }
@test "unixsock labs: the table of claims and the labs fit each other" { labs_and_claims_fit; }
@test "unixsock labs: a lab refuses what it does not know, and a full disk" { labs_are_programs; }
@test "unixsock labs: the lesson sheet lists the claims" { sheet_lists_the_claims; }

@test "unixsock labs: hosts.c could fail" {
  turns GEN-1 's/ioctl\(fd\[1\], STREAMS_PUSH, "ldterm"\)/ioctl(fd[1], FIONREAD, \&error)/'
  turns GEN-10 's/write\(fd\[1\], "hello", 5\) == 5/write(fd[1], "", 0) == 0/'
  turns SOCK-1 's/call\(family, &a, len\)/call(family, \&a, len - 1)/'
}
@test "unixsock labs: calls.c could fail" {
  turns SOCK-2 's/SHUT_WR/SHUT_RDWR/'
  turns SOCK-3 's/socket\(tries\[i\]\.domain, /socket(AF_UNIX, /'
  turns SOCK-4 's/AF_INET6, 0\}/AF_INET6, 1}/'
  turns SOCK-5 's/SOCK_(SEQPACKET|STREAM \| SOCK_CLOEXEC), 0\}/SOCK_RDM, 0}/g'
  turns SOCK-6 's/SOCK_STREAM, 2\)/SOCK_STREAM, 1)/'
}
@test "unixsock labs: files.c could fail" {
  turns SOCK-11 's/after = lstat/after = unlink(path) + lstat/'
  turns SOCK-12 's/O_RDONLY \| O_NONBLOCK/O_RDONLY | O_PATH/'
  turns SOCK-13 's/\{0600, 1, "no search"/{0700, 1, "no search"/; s/umask\(0777\)/umask(077)/'
  turns SOCK-14 's/\{0400, 0700/{0600, 0700/'
  turns SOCK-15 's/^    unlink\(path\);$/    ;/'
}
@test "unixsock labs: names.c could fail" {
  turns SOCK-7 's/client = new_socket\(SOCK_STREAM\), pair/client = new_socket(SOCK_DGRAM), pair/'
  turns SOCK-8 's/fd = new_socket\(SOCK_STREAM\), result = listen/fd = socket(2, SOCK_STREAM, 0), result = listen/; s/bind_to\(fd, path\) == -1\)/0)/'
  turns SOCK-9 's/char s\[UNIX_PATH_MAX\]/char s[108]/'
  turns SOCK-10 's/NULL, 0\}.*/abstract, 1}/'
  turns SOCK-16 's/unshare\(CLONE_NEWNET\)/unshare(0)/'
  turns SOCK-17 's/a\.sun_path\[0\] = .@.;//'
}
