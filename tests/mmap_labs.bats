# The labs of the room mmap: do they find what is recorded, and could they fail?

setup() {
  load helpers
  load labs
  labs_setup
}
teardown() { common_teardown; }

@test "mmap labs: each verdict is the recorded one" { verdicts_are_recorded; }
@test "mmap labs: each verdict holds for an ordinary user" { verdicts_hold_for_nobody; }
@test "mmap labs: the table of claims and the labs fit each other" { labs_and_claims_fit; }
@test "mmap labs: a lab refuses what it does not know, and a full disk" { labs_are_programs; }
@test "mmap labs: the lesson sheet lists the claims" { sheet_lists_the_claims; }

# make claim ID=MMAP-22, of the sheet.
@test "mmap labs: a claim at length shows the calls, and how the kernel answered" {
  can_inject
  cd "$ROOT" || return 1
  TMPDIR=$BATS_TEST_TMPDIR run -0 timeout 60 scripts/claims -b "$BUILD" MMAP-22
  assert_line --regexp '^  lab     --- SIGBUS \{'
  assert_line --regexp '^  yes     a store there: '
  assert_line --partial 'Verdict:  holds; what is stored there'
}

@test "mmap labs: in a folder that is in memory each verdict holds, as far as it can be tried" {
  [[ -d /dev/shm && -w /dev/shm && $(stat -fc %T /dev/shm) == tmpfs ]] || skip 'no tmpfs in /dev/shm'
  TMPDIR=/dev/shm run -0 timeout 60 "$ROOT/scripts/claims" -b "$BUILD" mmap
  refute_output --partial changed:
  assert_line --regexp ' 0 changed'
}

@test "mmap labs: call.c could fail" {
  turns MMAP-19 's/O_(RDONLY|WRONLY)\)/O_RDWR)/g'
  turns MMAP-17 '/void mmap_17/,/^}/s/close\(fd\)//'
  turns MMAP-18 's/ \| MAP_FIXED//; s/hole \+ 8 \* page/NULL/'
  turns MMAP-20 's/MFD_HUGETLB/0/'
}

@test "mmap labs: extent.c could fail" {
  turns MMAP-22 's/store\(p \+ page \+ 100\)/store(p + page + 99)/; s/\(off_t\)page \+ 100/(off_t)page + 99/'
  turns MMAP-8 's/\(size_t\)first \* page/0/'
  turns MMAP-15 's/int fd = new_file\(3 \* page\)/int fd = new_file(page)/'
  turns MMAP-21 '/void mmap_21/,/^}/s/map\(1, fd, 0\)/map(3, fd, 0)/'
  turns MMAP-23 's/munmap\(p, 0\)/munmap(p, page)/'
  turns MMAP-24 's/munmap\(p, 4 \* page\)/munmap(p, page)/'
}

@test "mmap labs: pages.c could fail" {
  turns MMAP-10 's/ \| MAP_POPULATE//'
  turns MMAP-11 '/^    long before = counted/s/^/posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);/'
  turns MMAP-13 's/UINTPTR_MAX - page \+ 1/(uintptr_t)buffer/'
  turns MMAP-14 '/void mmap_14/,/^}/s/MAP_SHARED/MAP_SHARED | MAP_POPULATE/'
  turns MMAP-16 '/void mmap_16/,/^}/s/ touch\(p\);/ read_all(fd);/'
}

@test "mmap labs: share.c could fail" {
  turns MMAP-7 's/MAP_PRIVATE/MAP_SHARED/'
  turns MMAP-2 's/map\(PROT_READ, MAP_SHARED, fd\)/map(PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1)/'
  turns MMAP-4 '/int fd = read/{n;s/MAP_SHARED/MAP_PRIVATE/}'
  turns MMAP-5 's/MAP_SHARED/MAP_PRIVATE/'
  turns MMAP-6 's/long kb = dirty/msync(p, page, MS_SYNC); long kb = dirty/; s/MAP_PRIVATE/MAP_SHARED/'
}
