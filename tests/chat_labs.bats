# The labs of the room chat: do they find what is recorded, and could they fail?

setup() {
  load helpers
  load labs
  labs_setup
}
teardown() { common_teardown; }

@test "chat labs: each verdict is the recorded one" { verdicts_are_recorded; }
@test "chat labs: each verdict holds for an ordinary user" { verdicts_hold_for_nobody; }
@test "chat labs: the table of claims and the labs fit each other" { labs_and_claims_fit; }
@test "chat labs: a lab refuses what it does not know, and a full disk" { labs_are_programs; }
@test "chat labs: the lesson sheet lists the claims" { sheet_lists_the_claims; }

@test "chat labs: meeting.c could fail" {
  turns CHAT-1 's/\.lab_chat1/lab_chat1/'
  turns CHAT-2 's/yes\(!meet\)/yes(meet)/'
  turns CHAT-3 's/_exit\(heard\)/_exit(number)/'
  turns CHAT-4 's/, 1\) != 1 \|\| read\(fd, &got/, 1) != 1 || read(fd, \&(char){0}/'
  turns CHAT-5 's/stuck\(fifo1, 1, fifo2, fifo2, 1, fifo1\)/stuck(fifo1, 1, fifo2, fifo1, 0, fifo2)/'
  turns CHAT-13 's/access\(name, F_OK\) == -1 && //; s/O_CREAT \| O_EXCL/O_CREAT/'
  turns CHAT-14 's/compiles\(""\)/compiles("} }")/'
}

@test "chat labs: loop.c could fail" {
  turns CHAT-6 's/FD_SET\(b, set\)/FD_SET(a, set)/'
  turns CHAT-7 's/^    FILE \*keyboard = new_keyboard\(keys\);$/&setvbuf(keyboard, NULL, _IONBF, 0);/'
  turns CHAT-8 's/^    close\(keys\[1\]\);  *\/.*$/for (int k = 0; k < 2000; k++) put(keys[1], "\\n", 1);/'
  turns CHAT-9 's/^    close\(fifo\[1\]\);$/put(fifo[1], "x", 1);/'
  turns CHAT-10 's/read\(fifo\[0\], buf, sizeof buf\);$/read(fifo[0], buf, sizeof buf - 1);/'
  turns CHAT-11 's/handle\(SIGPIPE, note, 0\)/handle(SIGPIPE, SIG_IGN, 0)/'
  turns CHAT-12 's/kill\(me, SIGUSR1\) == 0/write(fifo[1], "x", 1) == 1/'
}
