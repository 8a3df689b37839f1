# The labs of the room msgqueue: do they find what is recorded, and could they
# fail?

setup() {
  load helpers
  load labs
  labs_setup
}
teardown() { common_teardown; }

@test "msgqueue labs: each verdict is the recorded one" { verdicts_are_recorded; }
@test "msgqueue labs: each verdict holds for an ordinary user" { verdicts_hold_for_nobody; }
@test "msgqueue labs: the table of claims and the labs fit each other" { labs_and_claims_fit; }
@test "msgqueue labs: a lab refuses what it does not know, and a full disk" { labs_are_programs; }
@test "msgqueue labs: the lesson sheet lists the claims" { sheet_lists_the_claims; }

# A lab that is ended by a signal as it works removes what it has made. One
# signal for each lab; ALTER=all tries them all.
@test "msgqueue labs: a signal leaves nothing behind" {
  local sig lab id n=0 signals=(1 2 3 14 15)
  can_inject
  ulimit -c 0
  for lab in calls:msgctl full:msgctl get:msgsnd life:msgrcv limits:msgsnd order:msgsnd \
    permit:msgctl keys:link meet:rename; do
    n=$((n + 1))
    for sig in "${signals[@]}"; do
      [[ ${ALTER:-} == all || $sig == "${signals[n % 5]}" ]] || continue
      run timeout 20 strace -f -qq -o log -e trace=msgget,msgctl,msgrcv,msgsnd,/^link,/^rename \
        -e inject="?${lab#*:},?${lab#*:}at:signal=$sig:when=1" "$BUILD/$ROOM/labs/${lab%:*}"
      assert_equal "$lab $status" "$lab $((128 + sig))"
      run ls -d -- */
      assert_failure
      while read -r id; do
        run awk -v id="$id" '$2 == id' /proc/sysvipc/msg
        refute_output
      done < <(sed -n 's/^[0-9]* *msgget(.* = \([0-9]*\)$/\1/p' log)
    done
  done
}

@test "msgqueue labs: calls.c could fail" {
  turns MSG-5 's/msgsnd\(queue, &m, \(size_t\)size, /msgsnd(queue, \&m, 9, /'
  turns MSG-6 's/Generic\(msgrcv\(0, NULL, 0, 0, 0\)/Generic(msgget(0, 0)/'
  turns MSG-7 's/MSG_INFO, "|IPC_INFO, "/IPC_STAT, "/'
  turns MSG-25 's/&m, whole, IPC/\&m, whole - 8, IPC/'
  turns MSG-27 's/(sizeof m.text), 2, IPC_NOWAIT/\1, 3, IPC_NOWAIT/'
  turns MSG-28 's/ \| MSG_NOERROR//'
  turns MSG-30 's/MSG_INFO, "|IPC_INFO, "/98, "/'
}

@test "msgqueue labs: full.c could fail" {
  turns MSG-14 's/sent\(size\) == 0\)/sent(size) == 0 \&\& msgrcv(queue, \&(struct note){0}, 200, 0, 0) >= 0)/'
  turns MSG-17 's/set_limit\(600\)/set_limit(800)/'
  turns MSG-26 's/sizeof note.text, 0\)/sizeof note.text, IPC_NOWAIT)/'
}

@test "msgqueue labs: get.c could fail" {
  turns GEN-20 's/semget\(key, 1, flags\)/semget(key, 0, flags)/'
  turns GEN-21 's/int met = child_finds\(key, 0\)/int met = child_finds(key + 1, 0)/'
  turns MSG-8 's/get\(key, 0600\)/get(key, IPC_CREAT | 0600)/'
  turns MSG-20 's/msgsnd\(queue, /msgsnd(queue + 1, /'
  turns MSG-21 's/IPC_CREAT \| IPC_EXCL \| 0600\);$/IPC_CREAT | 0600);/'
}

@test "msgqueue labs: keys.c could fail" {
  turns GEN-11 's/== key_of\(tops\[j\]/== key_of(tops[i]/'
  turns GEN-12 's/ftok\("other"/ftok("file"/'
  turns GEN-13 's/ftok\("folder"/ftok("holder"/'
  turns GEN-14 's/key_of\("file", 257\)/key_of("file", 258)/; s/ftok\("file", 0\)/ftok("none", 0)/'
  turns GEN-16 's/ls -i other/ls -Li other/'
}

@test "msgqueue labs: life.c could fail" {
  turns MSG-1 's/_exit\(0\)/_exit(msgctl(queue, IPC_RMID, NULL))/'
  turns MSG-3 's/_exit\(0\)/_exit(msgctl(queue, IPC_RMID, NULL))/'
  turns MSG-13 's/msgrcv\(queue, &m, size, 0, 0\);/if (msgrcv(queue, \&m, size, 0, 0) == -1) break;/'
  turns MSG-32 's/msgctl\(queue, IPC_RMID, NULL\), listed/kill(child, SIGKILL), listed/'
}

@test "msgqueue labs: limits.c could fail" {
  turns MSG-15 's/most \+ 1/most/'
  turns MSG-16 's/(setting\("msgmax"\)) \+ 1/\1/'
  turns MSG-18 's/n < most/n < most - 1/'
  turns MSG-23 's/sent\(\(size_t\)most\)/sent((size_t)most + 1)/'
}

@test "msgqueue labs: meet.c could fail" {
  turns GEN-15 's/rename\("other", "file"\) == -1\)$/unlink("other") == -1)/'
  turns GEN-17 's/== key_of\("other", .z.\)/== key_of("folder", 122)/'
  turns GEN-18 's/"file", 128\)/"file", 127)/'
  turns GEN-19 's/meet\("folder"\)/meet(".")/'
}

@test "msgqueue labs: order.c could fail" {
  turns MSG-2 's/"0 0 0"/"-3 -3 -3"/'
  turns MSG-4 's/"2 3", 0/"0 0", 0/'
  turns MSG-9 's/"3 0 0 0"/"0 3 0 0"/'
  turns MSG-10 's/"-5 -5"/"0 0"/'
  turns MSG-11 's/"-3 -3 -3"/"0 0 0"/'
  turns MSG-12 's/answers\(2, 0\)/answers(1, 0)/'
  turns MSG-24 's/\{\{5, "hello, world"\}\}/{.first = 5}/'
  turns MSG-29 's/MSG_EXCEPT, "bd-"/0, "bd-"/'
}

@test "msgqueue labs: permit.c could fail" {
  turns MSG-22 's/\bgive\(ds, 0400\) == -1/give(ds, 0600) == -1/'
  turns MSG-31 's/ds.msg_qnum = old.msg_qnum \+ 7/ds.msg_qnum = old.msg_qnum/'
}
