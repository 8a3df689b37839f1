# The labs of the room shm: do they find what is recorded, and could they fail?

setup() {
  load helpers
  load labs
  labs_setup
}
teardown() { common_teardown; }

@test "shm labs: each verdict is the recorded one" { verdicts_are_recorded; }
@test "shm labs: each verdict holds for an ordinary user" { verdicts_hold_for_nobody; }
@test "shm labs: the table of claims and the labs fit each other" { labs_and_claims_fit; }
@test "shm labs: a lab refuses what it does not know, and a full disk" { labs_are_programs; }
@test "shm labs: the lesson sheet lists the claims" { sheet_lists_the_claims; }

@test "shm labs: attach.c could fail" {
  turns SHM-6 's/(shmat\()removed_segment\(\)/\1id/'
  turns SHM-7 's/memcpy\(p, content/memcpy(p, "good"/'
  turns SHM-11 's/page \/ 4/page/'
  turns SHM-21 's/attach\(id, NULL, SHM_RDONLY\)/attach(id, NULL, 0)/'
}

@test "shm labs: life.c could fail" {
  turns SHM-12 's/int id = (.*), before = (.*);/int id = \1; attach(id); int before = \2;/'
  turns SHM-13 's/if \(shmdt\(p\) == -1\)/if (0)/'
  turns SHM-14 's/shmctl\(id, IPC_RMID, NULL\) == -1/0/'
}

@test "shm labs: control.c could fail" {
  turns SHM-5 's/if \(shmctl\(id, IPC_RMID, NULL\) == -1\)/if (0)/'
  turns SHM-9 's/shmctl\(0, SHM_INFO, .*\)/shmctl(id, IPC_STAT, \&now); (void)info/'
  turns SHM-10 's/\{0, 1, 1024, 1025\}/{0, 1025, 1026, 2000}/'
  turns SHM-22 's/SHM_INFO, \(/12346, (/; s/SHM_LOCK, NULL/12346, NULL/'
  turns SHM-23 's/IPC_SET, (&wanted|now)\)/IPC_STAT, \1)/'
}

@test "shm labs: order.c could fail" {
  turns SHM-1 's/shmat\(shmid, NULL, 0\) : area/calloc(1, 64) : area/'
  turns SHM-3 's/\{\.val = 1\}/{.val = 2}/'
  turns SHM-15 's/if \(sem_add\(-1\) == -1\)/if (0)/'
}

@test "shm labs: rights.c could fail" {
  turns SHM-19 's/umask\(mask\)/umask(0)/; s/shmget\(key, 0, 0666\)/shmget(key, 0, 0)/'
  turns SHM-20 's/0644/0600/'
}

@test "shm labs: speed.c could fail" {
  turns SHM-2 's/race\("1 MiB", LARGE/race("64 bytes", 64/'
}

@test "shm labs: listing.c could fail" {
  turns SHM-8 's/int \(\*f\)\(const void/int (*f)(long/'
  turns SHM-16 's/\("r\\nhello\\n"\)/("r\\nhello world")/'
  turns SHM-17 's/fflush\(stdin\); }/fflush(stdin) }/; s/fflush\(in\);//'
  turns SHM-18 's/typed\("a.*x"\)/typed("ab\\nx")/; s/c = \(unsigned char\)c/;/'
  turns SHM-24 's/uid_t shm_perm\.uid/uid_t shm_perm/'
}
