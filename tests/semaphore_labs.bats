# The labs of the room semaphore: do they find what is recorded, and could they fail?

setup() {
  load helpers
  load labs
  labs_setup
}
teardown() { common_teardown; }

@test "semaphore labs: each verdict is the recorded one" { verdicts_are_recorded; }
@test "semaphore labs: each verdict holds for an ordinary user" { verdicts_hold_for_nobody; }
@test "semaphore labs: the table of claims and the labs fit each other" { labs_and_claims_fit; }
@test "semaphore labs: a lab refuses what it does not know, and a full disk" { labs_are_programs; }
@test "semaphore labs: the lesson sheet lists the claims" { sheet_lists_the_claims; }

@test "semaphore labs: values.c could fail" {
  turns SEM-5 's/put\(0, most\)/put(0, most - 1)/'
  turns SEM-6 's/semop\(set, two, 2\), a/semop(set, two, 1), a/'
  turns SEM-7 's/op\(0, 1\) == -1 \|\| op\(0, 1\) == -1/op(0, 1) == -1/; s/op\(0, -3\)/op(0, -2)/'
  turns SEM-8 's/sem_init\(&one, 1, 3\)/sem_init(\&one, 1, 2)/'
  turns SEM-13 's/new_set\(3, 0\)/new_set(4, 0)/'
  turns SEM-16 's/new_set\(1, cannot\[i\]\.on\)/new_set(1, 3)/'
  turns SEM-43 's/semop\(set, ops, 0\)/semop(set, ops, 1)/'
}

@test "semaphore labs: sleepers.c could fail" {
  turns SEM-14 's/value = v\(1\), after/value = v(3), after/'
  turns SEM-15 's/sleeps\(0, -3\)/sleeps(0, -2)/'
  turns SEM-17 '/^static void sem_17/,/^}/s/sleeps\(0, -1\)/sleeps(0, 0)/'
  turns SEM-20 '/^static void sem_20/,/^}/s/new_set\(0\)/new_set(1)/'
  turns SEM-22 's/new_set\(value\)/new_set(1)/'
  turns SEM-26 's/put\(-1\)/put(1)/'
  turns SEM-28 '/^static void sem_28/,/^}/s/new_set\(0\)/new_set(1)/'
  turns SEM-29 's/sleeps\(0, -2\)/sleeps(0, -1)/'
}

@test "semaphore labs: broken.c could fail" {
  turns SEM-18 '/^static void sem_18/,/^}/s/drop_set\(\)/semctl(set, 0, SETVAL, (union semun){.val = -n})/'
  turns SEM-19 '/^static void sem_19/,/^}/s/kill\(child, SIGUSR1\)/semop_1(set, 1)/'
  turns SEM-21 '/^static void sem_21/,/^}/s/sleeper\(0\)/sleeper(-1)/'
  turns SEM-31 '/^static void sem_31/,/^}/s/drop_set\(\);//'
}

@test "semaphore labs: exclusion.c could fail" {
  turns SEM-1 's/put\(0, 1\)/put(0, 2)/' # admits two at once
  turns SEM-2 's/two_updates\(1, he_locks, 0\)/two_updates(1, 1, 0)/'
  turns SEM-3 's/put\(0, 1\)/put(0, 2)/'
  turns SEM-4 's/semop\(set, there_and_back, 2\)/v(0) || p(0, IPC_NOWAIT)/'
}

@test "semaphore labs: undo.c could fail" {
  turns SEM-33 's/op\(n, SEM_UNDO\)/op(n, 0)/'
  turns SEM-34 's|stop\(\); /. sleep.*||; /^static void sem_34/,/^}/s/p = op\(-1, 0\)/p = op(0, 0)/'
  turns SEM-35 's/undo \? SEM_UNDO : 0/0/'
}

@test "semaphore labs: sets.c could fail" {
  turns SEM-9 's/new_set\(IPC_PRIVATE, -1/new_set(IPC_PRIVATE, 2/'
  turns SEM-10 's/new_set\(IPC_PRIVATE, 0/new_set(IPC_PRIVATE, 1/'
  turns SEM-11 's/\{0, 1, 3, 4\}/{0, 5, 6, 4}/'
  turns SEM-27 's/(before|after) = get\(GETVAL\), id_/\1 = set, id_/g'
  turns SEM-30 's/new_set_with_key\(1, 0600, 1\)/new_set_with_key(1, 0600, 2)/'
  turns SEM-32 's/semctl\(key, 0, GETVAL\)/semctl(set, 0, GETVAL)/'
  turns SEM-36 's/semget\(key, 4,/semget(key, 2,/; s/new_set_with_key\(3, 0, 0\)/new_set_with_key(3, 0666, 0)/'
}

@test "semaphore labs: control.c could fail" {
  turns SEM-23 '/^static void sem_23/,/^}/{s/put\(0, 5\)/put(0, 6)/; s/put\(0, 0\)/put(0, 2)/}'
  turns SEM-24 's/v\(id, 7\)/v(id, 6)/'
  turns SEM-37 '/^static void sem_37/,/^}/s/put\(0, 0\)/put(0, 4)/'
  turns SEM-38 's/semctl\(set, 99, IPC_/semctl(-1, 99, IPC_/'
}

@test "semaphore labs: headers.c could fail" {
  turns SEM-12 's/op\.sem_num < 1/(short)op.sem_num < 1/'
  turns SEM-25 's/union semun u; u\.val = 1;/int u; u = 1;/'
  turns SEM-39 's/SETVAL, arg/GETVAL, arg/'
  turns SEM-40 's/IPC_SEAT;/IPC_SET;/'
  turns SEM-41 's/"union semun u;"/"union no_such u;"/'
  turns SEM-42 's/struct sembuf \*, unsigned\)/struct sembuf *, unsigned long)/'
}
