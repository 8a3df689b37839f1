# trace.awk - hold what strace(1) saw of a run against what the probe saw.
#
# Usage: awk -f scripts/trace.awk PROBE STRACE.PID...   (see scripts/trace)
# Both become, for each process, a list of calls by their kernel's names, in the
# order in which they began. They must agree: the name, the descriptor or the
# object, and the result. Calls of a noisy kind (which the C library makes for
# itself, too, between the program's) must only come in the same order.
BEGIN {
  FS = "\t"
  # The library's name, and the kernel's, which may differ: one for both.
  same("fork", "clone clone3 vfork fork")
  same("wait", "wait waitpid wait4")
  same("pipe", "pipe pipe2")
  same("close", "close mq_close fclose")
  same("open", "open openat creat mkstemp shm_open posix_openpt")
  same("unlink", "unlink unlinkat shm_unlink")
  same("link", "link linkat")
  same("rename", "rename renameat renameat2")
  same("mkfifo", "mkfifo mknod mknodat")
  same("send", "send sendto")
  same("recv", "recv recvfrom")
  same("accept", "accept accept4")
  same("poll", "poll ppoll")
  same("select", "select pselect pselect6")
  same("epoll_wait", "epoll_wait epoll_pwait")
  same("semop", "semop semtimedop")
  same("sleep", "sleep usleep nanosleep clock_nanosleep")
  same("raise", "raise tgkill tkill")
  same("sigqueue", "sigqueue rt_sigqueueinfo")
  same("sigaction", "sigaction signal rt_sigaction")
  same("sigprocmask", "sigprocmask rt_sigprocmask")
  same("sigsuspend", "sigsuspend rt_sigsuspend")
  same("sigwait", "sigwait sigwaitinfo sigtimedwait rt_sigtimedwait")
  same("sigpending", "sigpending rt_sigpending")
  same("timer", "alarm setitimer")
  same("mq_send", "mq_send mq_timedsend")
  same("mq_receive", "mq_receive mq_timedreceive")
  same("pread", "pread pread64")
  same("pwrite", "pwrite pwrite64")
  same("fallocate", "posix_fallocate fallocate")
  same("dup2", "dup2 dup3")
  same("signalfd", "signalfd signalfd4")
  same("eventfd", "eventfd eventfd2")
  same("inotify_init", "inotify_init inotify_init1")
  same("exit", "exit _exit _Exit err errx exit_group")
  n = split("read write readv writev dup fcntl flock ftruncate waitid msgget msgsnd " \
    "msgrcv msgctl semget semctl shmget shmat shmdt shmctl mmap munmap msync kill pause " \
    "timer_create timer_settime socket socketpair bind listen connect sendmsg recvmsg " \
    "shutdown epoll_ctl epoll_create1 inotify_add_watch mq_open mq_unlink sched_yield", k, " ")
  for (i = 1; i <= n; i++) canon[k[i]] = k[i]
  noisy["sigprocmask"] = noisy["sigaction"] = noisy["mmap"] = noisy["munmap"] = 1
  noisy["fcntl"] = 1
}
function same(name, list,   i, n, k) {
  n = split(list, k, " ")
  for (i = 1; i <= n; i++) canon[k[i]] = name
}
# The value of key= among the attributes.
function attr(attributes, key,   at, s) {
  s = " " attributes
  sub(/ data=.*/, "", s)
  at = index(s, " " key "=")
  if (!at) return ""
  s = substr(s, at + length(key) + 2)
  sub(/ .*/, "", s)
  return s
}
# What both can tell of a result: a number, or the error.
function result(text) {
  if (text ~ /^-1 E/) { sub(/^-1 /, "", text); sub(/ .*/, "", text); return text }
  if (text ~ /^-?[0-9]+/) { sub(/[^-0-9].*/, "", text); return text }
  return "ok"
}

# ---- the probe's side
NR == FNR && $4 == "new" {
  order[++processes] = $3
  program[$3] = $5
  calls_p[$3] += 0
  next
}
NR == FNR && $4 == "call" {
  # What stdio does with a descriptor, and when, is its own affair.
  if (!($6 in canon) && attr($8, "fd") != "") buffered[$3, attr($8, "fd")] = 1
  if (!($6 in canon)) left_out = 1
  if (!($6 in canon)) next
  name = canon[$6]
  if (name == "mmap" && $7 !~ /MAP_SHARED/) next
  if (name == "exit") { last[$3] = $8; where_of_exit[$3] = $5; next }
  i = ++calls_p[$3]
  p_name[$3, i] = name
  p_where[$3, i] = $5
  p_words[$3, i] = $6 " " $7
  p_fd[$3, i] = attr($8, "fd")
  p_result[$3, i] = "none"
  at[$1] = $3 SUBSEP i
  p_until[$3, i] = 0 # not yet done
  next
}
NR == FNR && $4 == "done" {
  if (!($10 in at)) next
  p_result[at[$10]] = result($9)
  p_until[at[$10]] = calls_p[$3]
  if ($6 == "shmat" || $6 == "mmap") p_result[at[$10]] = $9 ~ /^-1 / ? result($9) : "ok"
  if (p_name[at[$10]] == "sigwait" && $9 ~ /^[0-9]/) p_result[at[$10]] = "ok"
  if (p_name[at[$10]] == "sigaction") p_result[at[$10]] = $9 ~ /^-1 / ? result($9) : "ok"
  if (p_name[at[$10]] == "select" || p_name[at[$10]] == "poll") p_fd[at[$10]] = ""
  next
}
NR == FNR && $4 == "end" {
  if ($5 ~ /^(exit|_exit|_Exit|return) /) {
    i = ++calls_p[$3]
    p_name[$3, i] = "exit"
    p_words[$3, i] = $5
    p_where[$3, i] = ($3 in where_of_exit) ? where_of_exit[$3] : "-"
    p_result[$3, i] = $5
    sub(/^[^ ]* /, "", p_result[$3, i])
  }
  next
}
NR == FNR { next }

# ---- strace's side: a file for each process
FNR == 1 {
  pid = FILENAME
  sub(/.*\./, "", pid)
}
!(pid in calls_p) { next }
/^[a-z_0-9]+\(/ { seen(pid, $0) }
function drop(pid, i) { s_name[pid, i] = "" }
# One call: what belongs to the probe, or to the C library, goes.
function seen(pid, text,   i, name, r, fd, first) {
  name = text
  sub(/\(.*/, "", name)
  i = ++calls_s[pid]
  s_name[pid, i] = name
  s_text[pid, i] = text
  r = text
  if (!match(r, /\) += [^=]*$/)) r = "?"
  else { r = substr(r, RSTART); sub(/^\) += /, "", r) }
  s_result[pid, i] = r
  if (name == "execve") { if (r ~ /^0/) loaded[pid] = i; drop(pid, i); return }
  if (name == "rt_sigreturn") { after[pid] = interrupted[pid]; drop(pid, i); return }
  # The kernel begins a call again after a handler: still the same call.
  if (after[pid] && (name == "restart_syscall" || text_of(text) == text_of(s_text[pid, after[pid]]))) {
    s_text[pid, after[pid]] = text
    s_result[pid, after[pid]] = r
    interrupted[pid] = r ~ /^\? ERESTART/ ? after[pid] : 0
    after[pid] = 0
    drop(pid, i)
    return
  }
  after[pid] = 0
  if (r ~ /^\? ERESTART/) { interrupted[pid] = i; s_result[pid, i] = "-1 EINTR" }
  # The probe's way to the director, until it says `new`: a high descriptor
  # takes the place of the first one. What was before that did the dynamic linker.
  if (name == "connect" && text ~ /\/director\.[^\/]*\/door"/) own[pid] = "?"
  if (own[pid] == "?") {
    if (name == "fcntl" && r + 0 >= 64) own_fd[pid] = r + 0
    if (name == "sendto") {
      own[pid] = ""
      for (first = began[pid]++ ? loaded[pid] : 1; i > 0 && i >= first; i--) drop(pid, i)
      loaded[pid] = 0
    }
    return
  }
  fd = text
  sub(/^[a-z_0-9]*\(/, "", fd)
  fd = fd ~ /^[0-9]+[<,)]/ ? fd + 0 : -1
  if (fd >= 64 && (fd == own_fd[pid] || name == "close" || name == "recvfrom")) drop(pid, i)
  # What the C library and the probe read for themselves.
  if (text ~ /^[a-z0-9_]*\([^"]*["<]\/(etc|usr|lib|lib64|proc\/[^\/]*\/maps)/) drop(pid, i)
  if (text ~ /O_CLOEXEC.*O_DIRECTORY/ && r ~ /^[0-9]/) { folder[pid, r + 0] = 1; drop(pid, i) } # opendir(3)
  if (name == "close" && (pid, fd) in folder) { delete folder[pid, fd]; drop(pid, i) }
  if (text ~ /^[a-z0-9_]*\([^"]*["<]\/dev\/shm\/(sem\.|tmp-)/) drop(pid, i)
}
function text_of(text) { sub(/\) += [^=]*$/, "", text); return text }

# ---- both
END {
  for (o = 1; o <= processes; o++) {
    pid = order[o]
    if (pid in shown) continue
    shown[pid] = 1
    printf "%s, pid %d\n", program[pid], pid
    compare(pid)
  }
  printf "%d calls of %d processes: ", matched, length_of(shown)
  if (bad) print "the probe and strace do not agree on " bad
  else print "the probe and strace agree"
  if (left_out) print "(not compared: what stdio buffers, POSIX semaphores, threads)"
  exit bad > 0
}
function length_of(a,   k, n) { for (k in a) n++; return n }
# Is strace's next call (but for noise) that of the probe's list at i?
function next_is(pid, i, m,   j, name) {
  for (j = s_at + 1; j <= m; j++) {
    if (!counts(pid, j)) continue
    name = canon[s_name[pid, j]]
    if (agrees(pid, i, j, name)) return 1
    if (!(name in noisy)) return 0
  }
  return 0
}
function counts(pid, j,   name, fd) {
  if (s_name[pid, j] == "" || !(s_name[pid, j] in canon)) return 0
  name = canon[s_name[pid, j]]
  if (name ~ /^(read|write)v?$/) {
    fd = s_text[pid, j]
    sub(/^[a-z]*\(/, "", fd)
    if (fd + 0 <= 2 || (pid, fd + 0) in buffered) return 0
  }
  return name != "mmap" || s_text[pid, j] ~ /MAP_SHARED/
}
function match_one(pid, i, m,   name, before) {
  if (p_name[pid, i] == "" || (pid, i) in matched_at) return
  # If strace has it nowhere, the others of the list still have their turn.
  before = s_at
  while (++s_at <= m && !(counts(pid, s_at) && agrees(pid, i, s_at, canon[s_name[pid, s_at]])));
  if (s_at > m) {
    only("the probe", p_where[pid, i], p_words[pid, i] " = " p_result[pid, i])
    matched_at[pid, i] = s_at = before
    return
  }
  s_at = before
  while (++s_at <= m) {
    if (!counts(pid, s_at)) continue
    name = canon[s_name[pid, s_at]]
    if (agrees(pid, i, s_at, name)) break
    if (!(name in noisy)) only("strace", "-", s_text[pid, s_at])
  }
  matched_at[pid, i] = s_at
  matched++
  show_line(" ", p_where[pid, i], s_text[pid, s_at])
}
function compare(pid,   i, j, k, n, m, name, last_one) {
  s_at = 0
  n = calls_p[pid]
  m = calls_s[pid]
  # Another program, which does not report, has taken the place of this one.
  if (loaded[pid]) for (i = loaded[pid]; i <= m; i++) drop(pid, i)
  for (i = 1; i <= n; i++) if (p_fd[pid, i] ~ /^[012]$/ && p_name[pid, i] ~ /^(read|write)v?$/) p_name[pid, i] = ""
  # Signals that came while the director held a process before a call are handled
  # before the kernel sees that call: then the handler's calls come first, and if
  # the handler ends the process, the call is never made.
  for (i = 1; i <= n; i++) {
    if (p_name[pid, i] == "" || (pid, i) in matched_at) continue
    last_one = p_until[pid, i] ? p_until[pid, i] : n
    if ((last_one > i || !p_until[pid, i]) && p_name[pid, i] != "exit" && !next_is(pid, i, m)) {
      for (k = i + 1; k <= last_one; k++) match_one(pid, k, m)
      if (!p_until[pid, i] && !next_is(pid, i, m)) { matched_at[pid, i] = 0; continue }
    }
    match_one(pid, i, m)
  }
  j = s_at
  while (++j <= m) {
    if (!counts(pid, j) || canon[s_name[pid, j]] in noisy) continue
    only("strace", "-", s_text[pid, j])
  }
}
function agrees(pid, i, j, name,   fd, r) {
  if (name != p_name[pid, i]) return 0
  fd = s_text[pid, j]
  sub(/^[a-z_0-9]*\(/, "", fd)
  if (fd ~ /^[0-9]+[<,)]/ && p_fd[pid, i] != "" && name !~ /^(open|socket|accept|epoll_ctl|mq_open|mmap|signalfd|inotify_init|eventfd)$/ &&
      fd + 0 != p_fd[pid, i] + 0) return 0
  if (name == "exit") return fd + 0 == p_result[pid, i] + 0
  r = result(s_result[pid, j])
  if (name == "mmap" || name == "shmat") r = s_result[pid, j] ~ /^-1 / ? r : "ok"
  if (name ~ /^(sigwait|sigaction)$/ && r ~ /^[0-9]/) r = "ok"
  if (name == "fallocate" && p_result[pid, i] > 0) return s_result[pid, j] ~ /^-1 /
  if (name == "timer" && r ~ /^[0-9]/ && p_result[pid, i] ~ /^[0-9]/) return 1
  if (name == "fcntl" && r ~ /^0x|^0$/) r = "0"
  if (s_result[pid, j] == "?" || p_result[pid, i] == "none") return 1 # it died in it
  if (name == "fcntl" && r !~ /^E/ && p_result[pid, i] !~ /^E/) return 1 # flags, in hexadecimal
  return r == p_result[pid, i]
}
function only(whose, where, text) { bad++; show_line("!", where, "only " whose ": " text) }
function show_line(mark, where, text) {
  gsub(/<[^<>]*>/, "", text)
  if (length(text) > 76) text = substr(text, 1, 73) "..."
  printf "%s %-20s %s\n", mark, where, text
}
