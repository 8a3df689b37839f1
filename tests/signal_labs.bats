# The labs of the room signal: do they find what is recorded, and could they
# fail?

setup() {
  load helpers
  load labs
  labs_setup
}
teardown() { common_teardown; }

@test "signal labs: each verdict is the recorded one" { verdicts_are_recorded; }
@test "signal labs: each verdict holds for an ordinary user" { verdicts_hold_for_nobody; }
@test "signal labs: the table of claims and the labs fit each other" { labs_and_claims_fit; }
@test "signal labs: a lab refuses what it does not know, and a full disk" { labs_are_programs; }
@test "signal labs: the lesson sheet lists the claims" { sheet_lists_the_claims; }

# README: make claim ID=...
@test "signal labs: the claim that the lesson sheet asks for is told" {
  local id
  id=$(sed -n 's/^make claim ID=//p' "$ROOT/signal/README.md")
  run -0 timeout 60 "$ROOT/scripts/claims" -b "$BUILD" "$id"
  assert_line --regexp '^Verdict:  does not hold: the handler stays'
  assert_output --partial '-std=c11'
}

@test "signal labs: numbers.c could fail" {
  turns SIG-5 's/_exit\(sigqueue\(lab, sig, v\)/_exit(kill(lab, sig)/'
  turns SIG-7 's/\|\| send\(KILL, sig, 0\) == -1/|| 0/'
  turns SIG-8 's/SIGRTMIN == 32/SIGRTMIN > 32/'
  turns SIG-9 's/come\(KILL, SIGUSR1/come(KILL, SIGRTMIN/'
  turns SIG-12 's/rlim_cur = 2/rlim_cur = 200/'
  turns SIG-13 's/(SIGQUEUE, )SIGUSR1/\1SIGRTMAX/; s/(KILL, )SIGRTMIN/\1SIGUSR2/'
  turns SIG-19 's/names\[i\]\.name,/names[0].name,/'
}

@test "signal labs: handlers.c could fail" {
  turns SIG-10 's/twice\(0,/twice((int)SA_RESETHAND,/; s/by_signal = 1;/by_signal = 0;/'
  turns SIG-11 's/SA_RESETHAND \| //'
  turns SIG-15 's/int sent = kill\(getpid\(\), SIGUSR1\)/int sent = kill(getpid(), 0)/'
}

@test "signal labs: moments.c could fail" {
  turns SIG-2 's/\.sa_handler = handler\}/.sa_handler = handler, .sa_flags = SA_NODEFER}/'
  turns SIG-3 's/setitimer\(ITIMER_VIRTUAL, &soon/setitimer(ITIMER_VIRTUAL, \&(struct itimerval){0}/'
  turns SIG-4 's/SIGEV_THREAD/SIGEV_NONE/; s/10000/10/'
  turns SIG-16 's/kill\(other, 0\) == -1/0/; s/end\(child\);/send(child, 0);/'
  turns SIG-17 's/send\(child, SIGUSR1\);$/send(child, SIGURG);/; s/10000/100/'
  turns SIG-18 's/mask\(SIG_BLOCK, SIGUSR1\)/mask(SIG_BLOCK, SIGUSR2)/'
}

@test "signal labs: sources.c could fail" {
  turns SIG-6 's/_exit\(ten \/ zero\)/raise(SIGFPE)/; s/"\\003", 1\) !=/"x", 1) ==/'
  turns SIG-20 's/kill\(0, SIGUSR1\) == -1/kill(0, 0) == 0/'
}

@test "signal labs: steps.c could fail" {
  turns SIG-21 's/\*done = !signals_first/*done = 1/'
  turns SIG-22 's/while \(!handled\)/while (!handled) _exit(7); while (!handled)/'
  turns SIG-23 's/static int plain/static volatile int plain/'
  turns SIG-24 's/pause\(\);/sigsuspend(\&waiting);/; s/if \(!by_sigsuspend\)/if (0)/'
}
