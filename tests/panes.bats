# make panes-X: the programs at real terminals, a pane of tmux(1) for each. The
# tests sit at a terminal of their own, a pane of another tmux.
# shellcheck disable=SC2016 # code for sh is quoted on purpose

setup() {
  load helpers
  common_setup
  [[ ! ${UNDER:-} == valgrind ]] || skip 'the programs are not themselves'
  ROOT=${BATS_TEST_DIRNAME%/*}
  PANES=$ROOT/scripts/panes
  export TMPDIR=$BATS_TEST_TMPDIR/tmp # so that what stays is seen
  mkdir tmp
  unset TMUX NO_COLOR
}
teardown() {
  local left=''
  [[ ! -S outer ]] || outer kill-server
  rm -f outer
  [[ -z ${BATS_TEST_COMPLETED:-} ]] || left=$(find tmp -mindepth 1)
  common_teardown || return 1
  [[ -z $left ]] || { echo "left behind: $left" >&2; return 1; }
}

outer() { tmux -S "$BATS_TEST_TMPDIR/outer" "$@"; }
# terminal [COLUMNSxLINES] COMMAND: run it at a terminal; its status comes last.
terminal() {
  needs tmux
  local size=80x24
  [[ ! $1 =~ ^[0-9]+x[0-9]+$ ]] || { size=$1; shift; }
  (close_inherited; outer -f /dev/null new-session -d -x "${size%x*}" \
    -y "${size#*x}" "$1; echo left: \$?; exec sleep 100")
}
shows() { [[ $(outer capture-pane -p) == *"$1"* ]]; }
twice() { [[ $(outer capture-pane -p) == *"$1"*"$1"* ]]; }
# sees TEXT...: each comes up on the screen; if not, this was there.
sees() {
  local text
  for text; do
    await 10 shows "$text" || { outer capture-pane -p >&2; return 1; }
  done
}
keys() { outer send-keys "$@"; }
# closed: everything of the panes is gone, folder, programs, and tmux.
closed() { [[ -z $(find tmp -mindepth 1) ]] && ! runs_in_tmp; }
# in_tmp: pids of those whose current folder is one of the panes'.
in_tmp() {
  local link
  for link in /proc/[0-9]*/cwd; do
    [[ $(readlink "$link") != "$BATS_TEST_TMPDIR"/tmp/* ]] || echo "${link//[^0-9]/}"
  done
}
runs_in_tmp() { [[ -n $(in_tmp) ]]; }
# pid_of NAME: the process of this name in the panes.
pid_of() {
  local pid
  for pid in $(in_tmp); do
    [[ $(<"/proc/$pid/comm") != "$1" ]] || echo "$pid"
  done
}
# queue_there ID
queue_there() { awk -v id="$1" '$2 == id { found = 1 } END { exit !found }' /proc/sysvipc/msg; }

@test "panes: not at a terminal, it prints what to type in which one" {
  needs tmux
  run --separate-stderr -0 timeout 10 "$PANES" -b build fifo
  assert_output - <<'END'
fifo: fifo
Two unrelated processes meet at a name in the file system.
  terminal 1, reader (fifo/read_fifo.c):
    build/fifo/read_fifo
  terminal 2, writer (fifo/write_fifo.c):
    build/fifo/write_fifo fifo1 10 1
  terminal 3, the objects:
    make objects-fifo
END
  # shellcheck disable=SC2154
  assert_equal "$stderr" \
    'panes: this is no terminal; by hand it goes like this, all in one folder:'
}

@test "panes: by hand, all of a room: its plays, what is typed, a name of one's own" {
  run -0 timeout 10 "$PANES" -b build unixsock-all
  assert_line 'unixsock: path'
  assert_line 'unixsock: sock_inet'
  assert_line '      then type: first / second / Ctrl-D'
  assert_line '      then type: Ctrl-C at the end'
  assert_line '    build/unixsock/sock_client @ipc-by-hand hello world'
  refute_output --partial unique
}

@test "panes: an article with two sections does not get into what the play is about" {
  run -0 timeout 10 "$PANES" -b build msgqueue-msg_priority
  assert_line 'Which job is done first, if its type is its urgency?'
}

@test "panes: without tmux it says how to get it, and what to type" {
  local tool
  mkdir bin
  for tool in sh awk dirname grep sed; do ln -s "$(command -v $tool)" bin; done
  run --separate-stderr -0 timeout 10 env PATH="$PWD/bin" "$PANES" -b build chat
  assert_line '    build/chat/fifo_chat 1'
  assert_line '      then type: hi, this is 1 / Ctrl-D'
  [[ $stderr == *'tmux is not installed (./scripts/setup --ci)'* ]]
}

@test "panes: wrong usage, an unknown play, no build" {
  run -2 timeout 10 "$PANES"
  assert_output --partial usage
  run -2 timeout 10 "$PANES" fifo pipe
  run -2 timeout 10 "$PANES" -x fifo
  run -2 timeout 10 "$PANES" fofi
  assert_output --partial fofi
  run -1 timeout 10 "$PANES" -b nowhere fifo
  assert_output 'panes: nowhere is not there (try: make)'
}

@test "panes: who starts whom when is up to the user; again; Ctrl-Q leaves nothing" {
  terminal "'$PANES' -b '$BUILD' fifo"
  sees 'reader: fifo/read_fifo.c' 'writer: fifo/write_fifo.c' 'the objects of fifo' \
    'Enter: read_fifo $' 'Enter: write_fifo fifo1 10 1 $'
  keys Enter
  sees 'read_fifo: waiting for write_fifo'
  keys Tab
  sees '>writer'
  keys 'write_fifo fifo1 2 0' Enter
  sees "Send message: Process" "Read message: Process" 'read_fifo: ended with status 0'
  run ! shows 'write_fifo: ended' # what one types oneself says nothing if all is well
  keys BTab
  sees '>reader'
  keys Enter
  sees 'Enter: read_fifo $'$'\nread_fifo: waiting for'
  keys C-q
  sees 'left: 0'
  await 10 closed
}

@test "panes: Ctrl-C is for one program, and the pane says how it has ended" {
  terminal "'$PANES' -b '$BUILD' msgqueue"
  sees 'to type: Ctrl-C at the end'
  keys Enter
  sees 'msg_server: waiting for requests'
  keys Tab
  sees '>one'
  keys Enter
  sees 'msg_client: ended with status 0'
  keys Tab
  sees '>two'
  keys Enter
  await 10 twice 'msg_client: ended with status 0'
  # Ctrl-C and Ctrl-D meet nothing but a prompt; and if tmux is slow, and keys
  # come all at once, it does not take them for text that is pasted.
  server=$(tmux -S tmp/*/tmux display-message -p '#{pid}')
  kill -STOP "$server"
  keys C-c C-d Tab
  kill -CONT "$server"
  sees '>the objects'
  keys Tab
  sees '>server'
  keys C-c
  sees 'msg_server: ended by signal INT' 'Enter: msg_server $'
  keys q Enter
  sees 'left: 0'
  await 10 closed
}

@test "panes: Ctrl-Z stops a program, other commands can be typed, Enter goes on" {
  terminal "NO_COLOR=1 '$PANES' -b '$BUILD' semaphore"
  sees 'father, forks child: semaphore/sem_order.c'
  keys 'sem_order . 0.5' Enter
  sees "waits for his child's V"
  keys C-z
  sees 'stopped; Enter: goes on'
  keys 'echo so $((6 * 7)); false' Enter
  sees 'so 42' 'false: ended with status 1' # of a command, a failure is told
  keys Enter
  sees 'Process father' 'Enter: sem_order . 2 $'
  run -0 outer capture-pane -ep
  refute_output --regexp $'\e\\[[0-9;]*[34][0-7]m'
  keys C-q
  sees 'left: 0'
}

@test "panes: a window for each play; side by side where 80 columns are not all" {
  terminal 160x40 "'$PANES' -b '$BUILD' unixsock"
  sees '[path]' ' abstract ' 'Ctrl-N: next play'
  run -0 outer capture-pane -p
  assert_output --regexp 'server: unixsock/sock_server.c.*bob: unixsock/sock_client.c'
  keys C-n
  sees '[abstract]' 'Enter: sock_server @ipc-panes-' 'Enter: sock_client @ipc-panes-'
  keys Enter
  sees 'Socket server name is: @ipc-panes-'
  keys Tab
  sees '>ann'
  keys Enter
  sees 'Client: receive: server' 'sock_client: ended with status 0'
  keys C-q
  sees 'left: 0'
  await 10 closed
}

@test "panes: the terminal goes: so do the programs, and what a killed one has left" {
  local id
  terminal "'$PANES' -b '$BUILD' msgqueue"
  sees 'Enter: msg_server $'
  keys Enter
  sees 'msg_server: waiting for requests'
  id=$(cd tmp/ipc.panes.*/msg && our_objects | sed -n 's/^msg //p')
  queue_there "$id"
  kill -KILL "$(pid_of msg_server)"
  sees 'Killed'
  outer kill-server
  await 10 closed
  run ! queue_there "$id"
}

@test "panes: SIGTERM ends it, two at once do not meet" {
  terminal "sh -c 'echo \$\$ >pid; exec \"$PANES\" -b \"$BUILD\" chat'"
  sees 'Enter: fifo_chat 0 $'
  outer new-window "'$PANES' -b '$BUILD' chat; echo left: \$?; exec sleep 100"
  sees 'Enter: fifo_chat 0 $'
  keys Enter
  sees 'waiting for fifo_chat 1'
  keys Tab
  sees '>person1'
  keys Enter
  sees 'please input message now'
  outer select-window -t :0
  keys Enter
  sees 'waiting for fifo_chat 1'
  keys Tab
  sees '>person1'
  keys Enter
  sees 'please input message now'
  keys hello Enter
  sees '<-- hello'
  outer next-window
  run ! shows '<-- hello'
  kill -TERM "$(<pid)"
  outer select-window -t :0
  sees 'Terminated'
  outer next-window
  keys C-q
  sees 'left: 0'
  await 10 closed
}

@test "panes: a terminal that tmux cannot use: it says so, and leaves nothing" {
  terminal "TERM=nonsense '$PANES' -b '$BUILD' fifo"
  sees 'panes: tmux failed' 'left: 1'
  await 10 closed
}

@test "panes: killed by SIGKILL itself: its folder stays, and nobody in it" {
  terminal "sh -c 'echo \$\$ >pid; exec \"$PANES\" -b \"$BUILD\" chat'"
  sees 'Enter: fifo_chat 0 $'
  keys Enter
  sees 'waiting for fifo_chat 1'
  kill -KILL "$(<pid)"
  outer kill-server
  await 10 eval '! runs_in_tmp'
  rm -r tmp/*
}

@test "panes: your own sources: with arguments, a blank in the folder's name, one name twice" {
  mkdir 'my progs'
  printf '#include <stdio.h>\nint main(int n, char **v) { char s[80]; printf("%%s has come\\n", n > 1 ? v[1] : "nobody");
    return fgets(s, sizeof s, stdin) == NULL || printf("got %%s", s) < 0; }\n' >'my progs/talk.c'
  printf 'int main(void) { return 5; }\n' >talk.c
  run -0 --separate-stderr "$PANES" -b "$BUILD" -s 'my progs/talk.c one,talk.c' </dev/null
  assert_line '    cc -o talk "my progs/talk.c" && ./talk one'
  [[ $stderr == *'this is no terminal'* ]]
  run -2 "$PANES" -b "$BUILD" -s talk.c fifo </dev/null
  terminal 80x30 "$PANES -b $BUILD -s '$PWD/my progs/talk.c one,$PWD/talk.c'"
  sees 'Enter: talk one $' 'Enter: talk.2 $' 'own/talk.c'
  keys Enter
  sees 'one has come'
  keys 'a word' Enter
  sees 'got a word' 'talk: ended with status 0'
  keys Tab Enter
  sees 'talk.2: ended with status 5'
  keys C-q
  sees 'left: 0'
  await 10 closed
  run -1 compgen -G "$BUILD/own/*/*/talk"
}

@test "panes: a source of yours that does not compile is said, and leaves nothing" {
  echo 'int main(void) { return x; }' >broken.c
  terminal "$PANES -b $BUILD -s $PWD/broken.c"
  sees 'does not compile' 'left: 1'
}
