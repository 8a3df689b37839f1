# faults.awk - which faults can come, and what did the programs do about them?
#
# For scripts/faults; -v task= one of
#   parts   a plan and its undisturbed trace: which commands have to do with each
#           other. A line a part: the names
#   cells   a plan and its undisturbed trace, with source lines: the faults to
#           try. A line each, TAB between: CELL FAULT PROGRAM WHERE CALL TIME, CELL
#           a number, FAULT as in the plan, the TIME-th CALL of the process; and
#           `left NUMBER WHAT` for what is not tried
#   judge   the cells, their folders, and the undisturbed outcomes: a verdict a
#           line: CELL VERDICT WHAT
#   verdicts  the judged, and what was left behind, together
#   over    who had ended already when the others waited for ever
#   find    which number has a process's n-th call of a name?
#   cross   the cells that strace(1) can try on the plain program, too
#   matrix  cells and verdicts: what a person reads
BEGIN {
  FS = "\t"
  tables()
}

# ---- what can fail how --------------------------------------------------

# From the sections ERRORS of the manual, section 2, 3 and, for sockets, 7. Left
# out is what cannot come to a program that gives these arguments: a bad address
# or descriptor, a name too long, a limit that a number in the source exceeds.
# A letter in front says when it can come:
#   c it may create   o it must be there (no O_CREAT)   e not its child
#   u with SEM_UNDO   r it works usually   m made by another command
#   n it does not wait (O_NONBLOCK, IPC_NOWAIT), and might have to   w it may wait
#   p SIGPIPE is ignored     S a stream, D datagrams     U unix, I internet
#   F a file, P a pipe or FIFO, K a socket, T a terminal or the keyboard
# Nor an answer that would be a lie: EEXIST, ENOMSG, EAGAIN of a semaphore or lock
# that is free, ESRCH of a child. Nor what has been settled by an earlier call of
# the same process: who has made a name may remove it.
function tables(   i, n, list, w) {
  errors("open openat creat", "EACCES,P:EINTR,EMFILE,ENFILE,o:ENOENT,ENOMEM,c:ENOSPC,c:EROFS")
  errors("mkstemp", "EACCES,EMFILE,ENFILE,ENOSPC,EROFS")
  errors("close fclose", "EINTR,EIO")
  errors("read readv pread", "F:EIO,P:EINTR,K:EINTR,T:EIO,S:ECONNRESET")
  errors("write writev pwrite", "F:EIO,F:ENOSPC,F:EDQUOT,Pr:EINTR,Pp:EPIPE,K:EINTR,Sp:EPIPE,S:ECONNRESET,Pn:EAGAIN")
  errors("pipe pipe2 socketpair", "EMFILE,ENFILE")
  errors("dup", "EMFILE")
  errors("dup2 dup3", "EBUSY,EINTR")
  errors("mkfifo", "EACCES,EDQUOT,ENOSPC,EROFS")
  errors("unlink", "ENOENT")
  errors("link rename", "EACCES,EIO,ENOSPC,EROFS")
  errors("ftruncate", "EINTR,EIO")
  errors("posix_fallocate", "EINTR,ENOSPC,EOPNOTSUPP")
  errors("F_SETLK F_OFD_SETLK", "ENOLCK")
  errors("F_SETLKW F_OFD_SETLKW", "EINTR,EDEADLK,ENOLCK")
  errors("F_DUPFD F_DUPFD_CLOEXEC", "EMFILE")
  errors("F_SETPIPE_SZ", "EBUSY,EPERM")
  errors("flock", "w:EINTR,ENOLCK")
  errors("lockf", "EINTR,EDEADLK,ENOLCK")
  errors("inotify_init inotify_init1", "EMFILE,ENFILE,ENOMEM")
  errors("inotify_add_watch", "EACCES,ENOENT,ENOMEM,ENOSPC")
  errors("eventfd timerfd_create signalfd", "EMFILE,ENFILE,ENODEV,ENOMEM")
  errors("fork", "EAGAIN,ENOMEM")
  errors("wait waitpid waitid", "w:EINTR")
  errors("execve execv execvp execl execlp", "EACCES,ENOENT,ENOMEM,EIO")
  errors("ftok", "EACCES,ENOENT")
  errors("msgget semget shmget", "m:EACCES,o:ENOENT,ENOMEM,c:ENOSPC")
  errors("msgsnd", "EACCES,n:EAGAIN,w:EIDRM,w:EINTR,EINVAL,ENOMEM")
  errors("msgrcv", "EACCES,E2BIG,w:EIDRM,w:EINTR,EINVAL")
  errors("semop", "EACCES,w:EIDRM,w:EINTR,EINVAL,u:ENOMEM")
  errors("semtimedop", "EACCES,EAGAIN,EIDRM,EINTR,EINVAL,u:ENOMEM")
  errors("shmat", "EACCES,EIDRM,EINVAL,ENOMEM")
  errors("IPC_RMID", "EIDRM,EINVAL")
  errors("IPC_SET", "EPERM,EIDRM,EINVAL")
  errors("IPC_STAT SETVAL SETALL", "m:EACCES,EIDRM,EINVAL")
  errors("GETVAL GETALL GETNCNT GETZCNT GETPID", "EIDRM,EINVAL")
  errors("mmap", "F:EACCES,F:ENODEV,ENOMEM")
  errors("shm_open sem_open", "EACCES,EMFILE,ENFILE,o:ENOENT")
  errors("mq_open", "EACCES,EMFILE,ENFILE,o:ENOENT,ENOMEM,c:ENOSPC")
  errors("shm_unlink sem_unlink mq_unlink", "ENOENT")
  errors("mq_send mq_receive", "n:EAGAIN,w:EINTR")
  errors("mq_timedsend mq_timedreceive sem_timedwait", "EINTR,ETIMEDOUT")
  errors("mq_notify", "EBUSY,ENOMEM")
  errors("sem_wait", "EINTR")
  errors("sem_trywait", "EINTR")
  errors("kill", "e:ESRCH")
  errors("sigqueue", "EAGAIN,e:ESRCH")
  errors("sigwaitinfo", "EINTR")
  errors("sigtimedwait", "EINTR")
  errors("timer_create", "EAGAIN,ENOMEM")
  errors("sleep usleep nanosleep clock_nanosleep", "EINTR")
  errors("socket", "EACCES,EMFILE,ENFILE,ENOBUFS,ENOMEM")
  errors("bind", "U:EACCES,EADDRINUSE,ENOMEM,U:EROFS")
  errors("listen", "EADDRINUSE")
  errors("accept accept4", "ECONNABORTED,EINTR,EMFILE,ENFILE,ENOBUFS,ENOMEM")
  errors("connect", "U:EACCES,U:EAGAIN,r:ECONNREFUSED,EINTR,U:ENOENT,I:ENETUNREACH,I:ETIMEDOUT")
  errors("send sendto sendmsg", "EINTR,ENOBUFS,ENOMEM,S:ECONNRESET,Sp:EPIPE,D:ECONNREFUSED,Kn:EAGAIN")
  errors("recv recvfrom recvmsg", "EINTR,ENOMEM,S:ECONNRESET,Kn:EAGAIN")
  errors("shutdown", "ENOTCONN")
  errors("poll ppoll select pselect", "EINTR,ENOMEM")
  errors("epoll_create1", "EMFILE,ENFILE,ENOMEM")
  errors("epoll_ctl", "ENOMEM,ENOSPC")
  errors("epoll_wait", "EINTR")
  errors("fgets getline getdelim getc fgetc getchar fread", "EIO")
  # How strerror(3) says it; behind the bar musl, where it differs.
  n = split("EPERM Operation not permitted;ENOENT No such file or directory;" \
    "ESRCH No such process;EINTR Interrupted system call;" \
    "EIO Input/output error|I/O error;E2BIG Argument list too long;" \
    "EAGAIN Resource temporarily unavailable;" \
    "ENOMEM Cannot allocate memory|Out of memory;EACCES Permission denied;" \
    "EBUSY Device or resource busy|Resource busy;EEXIST File exists;" \
    "ENODEV No such device;EINVAL Invalid argument;" \
    "ENFILE Too many open files in system;" \
    "EMFILE Too many open files|No file descriptors available;" \
    "ENOSPC No space left on device;EROFS Read-only file system;" \
    "EPIPE Broken pipe;EDEADLK Resource deadlock avoided|Resource deadlock would occur;" \
    "ENOLCK No locks available;ENOMSG No message of desired type;" \
    "EIDRM Identifier removed;EOPNOTSUPP Operation not supported|Not supported;" \
    "EADDRINUSE Address already in use|Address in use;" \
    "ENETUNREACH Network is unreachable|Network unreachable;" \
    "ECONNABORTED Software caused connection abort|Connection aborted;" \
    "ECONNRESET Connection reset by peer;" \
    "ENOBUFS No buffer space available;" \
    "ENOTCONN Transport endpoint is not connected|Socket not connected;" \
    "ETIMEDOUT Connection timed out|Operation timed out;" \
    "ECONNREFUSED Connection refused;EDQUOT Disk quota exceeded|Quota exceeded", list, ";")
  for (i = 1; i <= n; i++) {
    w = list[i]
    sub(/ .*/, "", w)
    reason[w] = substr(list[i], length(w) + 2)
  }
  # What a call is for, where that is said in place of its name; V and P are as
  # the articles have it, and a first call of a kind stands for its helpers.
  alias["semop"] = "[ ,][PV]([^A-Za-z]|$)|a process|who made the set"
  alias["semget"] = alias["semctl"] = "semget|a process|the set|a set"
  alias["msgctl"] = "msgget|the queue"
  alias["shmctl"] = "shmget|the segment"
  alias["msgsnd"] = alias["msgrcv"] = alias["mq_timedreceive"] = alias["mq_timedsend"] = "no answer"
  alias["send"] = alias["sendto"] = alias["sendmsg"] = alias["recv"] = "is dropped|is gone|no answer"
  alias["ftok"] = alias["open"] = "this folder|this directory|keyboard"
  alias["ftruncate"] = "posix_fallocate"
  own["fcntl", "EAGAIN"] = "at work|in use"
  own["recv", "ECONNRESET"] = "is gone"
  alias["write"] = "arrive|stdout"
  alias["fcntl"] = "lock"
  alias["shutdown"] = alias["close"] = "end of what goes|pipe"
  alias["socket"] = "connect|bind|listen"
  alias["execvp"] = "echo|tr|exec"
  alias["nanosleep"] = "sleep"
  alias["flock"] = "lock|another|open "
  alias["inotify_init"] = alias["inotify_add_watch"] = "inotify"
  alias["getline"] = alias["fgets"] = alias["getc"] = alias["fgetc"] = alias["getchar"] = "stdin|read"
  own["semop", "EAGAIN"] = own["flock", "EAGAIN"] = "another|at work"
  own["semop", "EIDRM"] = own["semop", "EINVAL"] = own["semctl", "EIDRM"] = own["semctl", "EINVAL"] = "(has ended|is gone|to its end|start )"
  # What only prints, or ends it: nothing of it can fail in a way of its own,
  # and to be killed or stopped there is to be so before the next call.
  n = split("printf fprintf dprintf vprintf vfprintf puts fputs putchar putc fputc fwrite perror warn warnx err errx", list, " ")
  for (i = 1; i <= n; i++)
    prints[list[i]] = 1
}
function errors(calls, list,   i, n, name) {
  n = split(calls, name, " ")
  for (i = 1; i <= n; i++)
    table[name[i]] = list
}

# ---- a trace ------------------------------------------------------------

function value(attributes, key,   i, s) {
  s = " " attributes
  i = index(s, " " key "=")
  if (i == 0)
    return ""
  s = substr(s, i + length(key) + 2)
  sub(/ .*/, "", s)
  return s
}

# The names of the commands, in the order of their start.
function read_plan(file,   line, w) {
  commands = 0
  while ((getline line < file) > 0) {
    split(line, w, " ")
    if (w[2] == "runs")
      command[++commands] = w[1]
  }
  close(file)
}

# A process is known by its number; family[] is the command that it belongs to.
function read_trace(file, see,   line, f, nf, p, k) {
  split("", number); split("", pid_of); split("", family); split("", program)
  split("", ended); split("", calls); split("", objects); split("", sigpipe)
  split("", stands); split("", named)
  processes = started = 0
  fault_of = fault_name = stuck = missed = over = ""
  while ((getline line < file) > 0) {
    nf = split(line, f, "\t")
    if (f[4] == "turn" || f[4] == "state" || f[4] == "act")
      continue
    if (f[4] == "held") {
      stands[f[3]] = f[6]
      continue
    }
    p = number[f[3]]
    if (f[4] == "new") {
      if (p == "") {
        p = number[f[3]] = ++processes
        pid_of[p] = f[3]
        if (f[6] in number) {
          family[p] = family[number[f[6]]]
          sigpipe[p] = sigpipe[number[f[6]]]
          parent[p] = number[f[6]]
        } else {
          family[p] = ++started
          parent[p] = 0
        }
      }
      program[p] = f[5]
      ended[p] = ""
    } else if (f[4] == "call") {
      calls[p]++
      named[p, f[6]]++
      if (p == find_process && f[6] == find_name && named[p, f[6]] == find_time)
        found_call = calls[p]
      if (see == "cells")
        note_call(p, f)
    } else if (f[4] == "end") {
      ended[p] = f[5]
    } else if (f[4] == "fault" && fault_of == "") {
      fault_of = p
      fault_name = stands[f[3]]
      fault_time = named[p, fault_name] + 1
    } else if (f[4] == "stuck") {
      stuck = f[5]
      for (k = 1; k <= processes; k++)
        if (parent[k] == 0 && ended[k] != "")
          over = over command[family[k]] "\n"
    } else if (f[4] == "note" && f[5] ~ /^fault .*did not come/) {
      missed = f[5]
    }
    if (f[4] == "done" || f[4] == "call" && see == "cells")
      note_objects(p, f, see)
  }
  close(file)
}
# System V objects by number, POSIX ones by name: what may be left behind.
function note_objects(p, f, see,   o) {
  if (f[4] == "done" && f[9] !~ /^-1/) {
    o = value(f[8], "obj")
    if (o ~ /^(msg|sem|shm):/)
      objects[o] = 1
    else if (f[6] ~ /^(shm|sem|mq)_open$/)
      objects[(f[6] == "mq_open" ? "mqueue" : f[6] == "sem_open" ? "psem" : "pshm") ":" value(f[8], "path")] = 1
  }
  if (f[6] == "signal" && f[4] == "done" && value(f[8], "sig") == "SIGPIPE")
    sigpipe[p] = f[7] ~ /SIG_IGN/
  if (see == "cells" && f[4] == "done")
    note_done(p, f)
}

# ---- parts --------------------------------------------------------------

function root(i) { while (up[i] != i) i = up[i]; return i }
function join(p, thing) {
  if (thing in first_user)
    up[root(family[p])] = root(first_user[thing])
  else
    first_user[thing] = family[p]
}
function parts(plan, trace,   line, f, p, i, n, a, key, names) {
  read_plan(plan)
  for (i = 1; i <= commands; i++)
    up[i] = i
  read_trace(trace, "")
  while ((getline line < trace) > 0) {
    split(line, f, "\t")
    if (f[4] != "done" && f[4] != "call")
      continue
    p = number[f[3]]
    n = split("obj obj2 addr path key to", a, " ")
    for (i = 1; i <= n; i++) {
      key = value(f[8], a[i])
      if (key == "" || key == "0" || key == "0x0" || prints[f[6]] ||
          f[6] == "ftok" || (a[i] ~ /^obj/ && value(f[8], "fd") ~ /^[012]$/))
        continue
      if (a[i] == "to")
        join(p, "family " (key in number ? family[number[key]] : key))
      else
        join(p, (a[i] ~ /^obj/ ? "obj" : a[i]) " " key)
    }
  }
  for (i = 1; i <= commands; i++)
    first_user["family " i] = i
  for (i = 1; i <= commands; i++)
    names[root(i)] = names[root(i)] " " command[i]
  for (i = 1; i <= commands; i++)
    if (i in names)
      print substr(names[i], 2)
}

# ---- cells --------------------------------------------------------------

function note_call(p, f) {
  k = ++n_calls
  by[k] = p
  at[k] = calls[p]
  where[k] = f[5]
  name[k] = f[6]
  given[k] = f[7]
  attributes[k] = f[8]
  was[k] = sigpipe[p]
  latest[p] = k
  time[k] = named[p, f[6]]
}
# What a descriptor is, which is known when it is made.
function note_done(p, f,   o) {
  if (p in latest && name[latest[p]] == f[6])
    result[latest[p]] = f[9]
  o = value(f[8], "obj")
  if (f[6] ~ /^(msg|sem|shm)get$/ && f[7] ~ /CREAT|PRIVATE/ && f[9] !~ /^-/ && !((family[p] " " o) in made))
    made[family[p] " " o] = n_calls
  if (f[6] == "socket" || f[6] == "socketpair") {
    socket_type[o] = value(f[8], "flags")
    socket_type[value(f[8], "obj2")] = value(f[8], "flags")
    domain[o] = f[7] ~ /AF_INET/ ? "I" : "U"
    domain[value(f[8], "obj2")] = domain[o]
  } else if (f[6] ~ /^accept/) {
    socket_type[value(f[8], "obj2")] = socket_type[o]
    domain[value(f[8], "obj2")] = domain[o]
  }
  if (f[6] ~ /^writev?$/ && o ~ /^(pipe|fifo)/ && f[9] > 0) {
    if (f[9] > 4096)
      large[o] = 1
    if (!(o in smallest) || f[9] + 0 < smallest[o])
      smallest[o] = f[9] + 0
  }
  if (value(f[8], "flags") ~ /O_NONBLOCK/ && o != "")
    nonblock[p, value(f[8], "fd")] = 1
  if (f[6] == "close")
    delete nonblock[p, value(f[8], "fd")]
}
# Does condition c hold for call k?
function holds(c, k,   a, o, fd) {
  a = attributes[k]
  o = value(a, "obj")
  fd = value(a, "fd")
  if (c == "c") return given[k] ~ /CREAT/ || name[k] == "creat"
  if (c == "o") return given[k] !~ /CREAT/ && name[k] != "creat"
  if (name[k] == "semop" && c ~ /[nw]/) # a V never has to wait
    return value(a, "ops") ~ (c == "n" ? "(-[0-9]+|\\+0)u?n" : "(-[0-9]+|\\+0)u?(,|$)")
  if (c == "r") return result[k] !~ /^-1/
  if (c == "m" && given[k] ~ /PRIVATE/)
    return 0
  if (c == "m") {
    o = o != "" ? o : substr(name[k], 1, 3) ":" result[k]
    return !((family[by[k]] " " o) in made && made[family[by[k]] " " o] < k)
  }
  if (c == "u") return value(a, "ops") ~ /u/
  if (c == "e") return parent[number[value(a, "to")]] != by[k]
  if (c == "w") return !holds("n", k)
  if (c == "n")
    return given[k] ~ /NOWAIT|NONBLOCK|DONTWAIT|LOCK_NB|NOHANG/ || (by[k], fd) in nonblock
  if (c == "p") return was[k] || a ~ /MSG_NOSIGNAL/
  if (c == "S") return socket_type[o] == "SOCK_STREAM"
  if (c == "D") return socket_type[o] ~ /DGRAM|SEQPACKET/ && domain[o] == "U"
  if (c == "U") return domain[o] == "U"
  if (c == "I") return domain[o] == "I"
  if (c == "F") return o ~ /^file/
  if (c == "P") return o ~ /^(pipe|fifo)/ || (name[k] ~ /^open/ && given[k] !~ /CREAT/)
  if (c == "K") return o ~ /^socket/
  if (c == "T") return o ~ /^tty/ || fd == 0
  return 0
}
function errors_of(k,   list, n, e, i, j, ok, c, t) {
  list = table[name[k]]
  c = value(attributes[k], "cmd")
  if (list == "" && c in table)
    list = table[c]
  n = split(list, e, ",")
  t = ""
  for (i = 1; i <= n; i++) {
    ok = 1
    if ((j = index(e[i], ":")) > 0) {
      for (c = 1; c < j; c++)
        ok = ok && holds(substr(e[i], c, 1), k)
      e[i] = substr(e[i], j + 1)
    }
    if (ok)
      t = t (t == "" ? "" : " ") e[i]
  }
  return t
}
# Can this call move fewer bytes than it wants to? Then how many, else 0.
function short_of(k,   o, n) {
  o = value(attributes[k], "obj")
  n = name[k]
  if (n !~ /^p?(read|write)v?$/ && n !~ /^(send|recv)(to|from|msg)?$/)
    return 0
  if (result[k] !~ /^[0-9]+$/ || result[k] < 2 || value(attributes[k], "fd") ~ /^[012]$/ && n ~ /write/)
    return 0
  # A send waits until all is sent, or is of several pages; a local stream gives
  # all that is there.
  if (o ~ /^socket/ && (n ~ /^(send|write)/ || domain[o] == "U"))
    return socket_type[o] == "SOCK_STREAM" && result[k] > 4096 ? 1 : 0
  if (o ~ /^socket/)
    return socket_type[o] == "SOCK_STREAM" ? 1 : 0
  # pipe(7): what was written at once, up to PIPE_BUF, is not torn. But of several
  # such pieces the first may come alone.
  if (o ~ /^(pipe|fifo)/ && n ~ /^write/)
    return result[k] > 4096 ? 1 : 0
  if (o ~ /^(pipe|fifo)/)
    return large[o] ? 1 : smallest[o] > 0 && result[k] > smallest[o] ? smallest[o] : 0
  return o ~ /^file/ ? 1 : 0
}
# With whom does it share what this call is about: who used it last, who next?
function peers(k,   o, i, t, p, seen) {
  o = object_of(k)
  if (o == "")
    return ""
  for (i = k - 1; i > 0; i--)
    if (by[i] != by[k] && object_of(i) == o && alive(by[i], k)) {
      t = by[i]
      seen = by[i]
      break
    }
  for (i = k + 1; i <= n_calls; i++)
    if (by[i] != by[k] && by[i] != seen && object_of(i) == o && alive(by[i], k)) {
      t = t (t == "" ? "" : " ") by[i]
      break
    }
  return t
}
function object_of(k,   o) {
  o = value(attributes[k], "obj")
  if (o ~ /^(tty|dev)/ || prints[name[k]] || value(attributes[k], "fd") ~ /^[012]$/)
    return ""
  if (o == "" && name[k] !~ /^(ftok|exec)/)
    o = value(attributes[k], "addr") != "" ? value(attributes[k], "addr") : value(attributes[k], "path")
  if (o == "" && name[k] ~ /^(kill|sigqueue)$/)
    o = "to"
  return o
}
function alive(p, k) { return first_call[p] < k && last_call[p] > k }

function cells(plan, trace,   k, i, n, e, where_name, t, id, pp, m) {
  read_plan(plan)
  read_trace(trace, "cells")
  for (k = 1; k <= n_calls; k++) {
    if (!(by[k] in first_call))
      first_call[by[k]] = k
    last_call[by[k]] = k
    t = where[k] " " name[k] " " value(attributes[k], "cmd")
    times[t]++
    if (times[t] == 2)
      second[t] = k
    last[t] = k
  }
  for (k = 1; k <= n_calls; k++) {
    if (prints[name[k]]) {
      printing++
      continue
    }
    t = where[k] " " name[k] " " value(attributes[k], "cmd")
    first = !(t in seen_line)
    seen_line[t] = 1
    if (!first && k != second[t] && k != last[t]) {
      repeated++
      continue
    }
    if (name[k] !~ /^(_?exit|_Exit|abort|siglongjmp|longjmp)$/) {
      n = split(errors_of(k), e, " ")
      for (i = 1; i <= n; i++)
        if (first || i == 1)
          cell(k, "error " e[i])
        else
          other_errors++
      if ((n = short_of(k)) > 0)
        cell(k, "short " n)
      cell(k, "stop")
    }
    cell(k, "kill")
    m = split(peers(k), pp, " ")
    for (i = 1; i <= m; i++)
      cell(k, "kills " pp[i])
  }
  print "left\t" repeated + 0 "\tmore calls of a line (its first, second and last are tried)"
  print "left\t" printing + 0 "\tcalls that only print"
  print "left\t" other_errors + 0 "\tother errors of a second and last call"
}
function cell(k, fault) {
  printf "%d\t%d %d %s\t%s\t%s\t%s\t%d\n", ++n_cells, by[k], at[k], fault, program[by[k]], where[k], name[k], time[k]
}

# ---- what was printed ---------------------------------------------------

# A file's lines into text[], pids of this run as <NUMBER>, times as <time>.
function read_text(file, text,   n, line) {
  n = 0
  while ((getline line < file) > 0)
    text[++n] = canonical(line)
  close(file)
  return n
}
function canonical(line,   out, w) {
  gsub(/[A-Z][a-z][a-z] [A-Z][a-z][a-z] [ 0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] [0-9][0-9][0-9][0-9]/, "<time>", line)
  gsub(/127\.[0-9]+\.[0-9]+\.[0-9]+/, "<address>", line) # of a folder
  out = ""
  while (match(line, /[0-9]+/)) {
    w = substr(line, RSTART, RLENGTH)
    out = out substr(line, 1, RSTART - 1) (w in number ? "<" number[w] ">" : w)
    line = substr(line, RSTART + RLENGTH)
  }
  return out line
}
# What differs between two undisturbed runs (a key, an id, a port) may differ in
# a third: the pattern has a * there. No pattern: the lines are different ones.
function pattern(a, b,   out, wa, wb) {
  if (a == b)
    return a
  out = ""
  while (a != "" || b != "") {
    wa = word(a)
    wb = word(b)
    if (wa == wb)
      out = out wa
    else if (wa ~ /[0-9]/ && wb ~ /[0-9]/)
      out = out "*"
    else
      return ""
    a = substr(a, length(wa) + 1)
    b = substr(b, length(wb) + 1)
  }
  return out
}
function word(s) {
  if (match(s, /^[0-9A-Za-z]+/) || match(s, /^[^0-9A-Za-z]+/))
    return substr(s, 1, RLENGTH)
  return ""
}
# free: a number may be another one, too.
function matches(line, p, free,   w, v) {
  if (line == p)
    return 1
  while (line != "" && p != "") {
    w = word(line)
    if (substr(p, 1, 1) == "*" && w ~ /[0-9]/) {
      line = substr(line, length(w) + 1)
      p = substr(p, 2)
      continue
    }
    match(p, /^[0-9A-Za-z]+/) || match(p, /^[^0-9A-Za-z*]+/) || match(p, /^\*/)
    v = substr(p, 1, RLENGTH)
    if (substr(w, 1, RLENGTH) == v && w !~ /^[0-9A-Za-z]/)
      w = v                     # up to the *
    if (w != v && !(free && w ~ /^[0-9]+$/ && v ~ /^[0-9]+$/))
      return 0
    line = substr(line, length(w) + 1)
    p = substr(p, length(v) + 1)
  }
  return line == p
}

# ---- the verdict --------------------------------------------------------

function undisturbed(base, g, i, n, kind, k) {
  read_trace(base "/1/trace", "")
  usual_processes = processes
  for (i = 1; i <= processes; i++) {
    usual_end[i] = ended[i]
    if (parent[i] == 0)
      usual_root_end[family[i]] = ended[i]
  }
  for (g = 1; g <= commands; g++)
    for (k = 1; k <= 2; k++) {
      kind = k == 1 ? "out" : "err"
      read_trace(base "/1/trace", "")
      n = read_text(base "/1/" command[g] "." kind, one)
      read_trace(base "/2/trace", "")
      if (read_text(base "/2/" command[g] "." kind, two) != n)
        return command[g] " prints another number of lines"
      usual[g, kind] = n
      for (i = 1; i <= n; i++) {
        usual[g, kind, i] = pattern(one[i], two[i])
        if (usual[g, kind, i] == "" && one[i] != two[i])
          return command[g] " prints: " one[i] ", then: " two[i]
      }
    }
  return ""
}

# Is this command's output the usual one?
function same_text(g, kind,   n, i) {
  n = read_text(dir "/" command[g] "." kind, text)
  if (n != usual[g, kind])
    return 0
  for (i = 1; i <= n; i++)
    if (!matches(text[i], usual[g, kind, i], 0))
      return 0
  return 1
}
# Nothing but what is usual, in whatever order; it may count less, too. In once:
# no more of it than usual; all: no less.
function usual_text(g, once, all,   n, i, j, used) {
  split("", used)
  n = read_text(dir "/" command[g] ".out", text)
  if (all)
    return all_there(g, n)
  for (i = 1; i <= n; i++) {
    for (j = 1; j <= usual[g, "out"]; j++)
      if (!(once && used[j]) && matches(text[i], usual[g, "out", j], 1))
        break
    if (j > usual[g, "out"])
      return 0
    used[j] = 1
  }
  return 1
}
function all_there(g, n,   i, j, used) {
  split("", used)
  for (j = 1; j <= usual[g, "out"]; j++) {
    if (usual[g, "out", j] ~ / not exist and create /)
      continue                  # it is there now
    for (i = 1; i <= n; i++)
      if (!used[i] && matches(text[i], usual[g, "out", j], 1))
        break
    if (i > n)
      return 0
    used[i] = 1
  }
  return 1
}
# Nothing but what somebody prints usually, or that somebody has gone or come.
function knows_why(g,   n, i, j, h) {
  n = read_text(dir "/" command[g] ".out", text)
  for (i = 1; i <= n; i++) {
    if (text[i] ~ / (is gone|joins|leaves|closed)/)
      continue
    for (h = 1; h <= commands; h++) {
      for (j = 1; j <= usual[h, "out"]; j++)
        if (matches(text[i], usual[h, "out", j], 1))
          break
      if (j <= usual[h, "out"])
        break
    }
    if (h > commands)
      return 0
  }
  return 1
}
# Is the output the usual one, but for a status?
function status_told(g,   n, i, told) {
  n = read_text(dir "/" command[g] ".out", text)
  for (i = 1; i <= n && n <= usual[g, "out"]; i++)
    if (!matches(text[i], usual[g, "out", usual[g, "out"] - n + i], 0)) {
      if (text[i] !~ /^Status of /)
        return 0
      told = 1
    }
  return told
}
# What is on stderr that is not there usually.
function news(g,   n, i, j, t) {
  n = read_text(dir "/" command[g] ".err", text)
  t = ""
  for (i = 1; i <= n; i++) {
    for (j = 1; j <= usual[g, "err"]; j++)
      if (matches(text[i], usual[g, "err", j], 0))
        break
    if (j > usual[g, "err"])
      t = t (t == "" ? "" : "\n") text[i]
  }
  return t
}
# Do these words give the reason of this error? Names the call?
function says_reason(words, e,   n, i, w) {
  n = split(reason[e], w, "|")
  for (i = 1; i <= n; i++)
    if (index(words, w[i]))
      return 1
  return 0
}
# Plainer than strerror(3) has it, and to the point.
function own_words(words, call, e) {
  return (call, e) in own && words ~ own[call, e]
}
function says_call(words, call) {
  return index(words, call) || (call in alias && words ~ alias[call])
}

# One command's part in it. Worst is best remembered: see worse().
function verdict_of(g, mine, kind, what, call,   p, end, new, text_same, code) {
  end = ""
  for (p = 1; p <= processes; p++) {
    if (family[p] != g)
      continue
    if (parent[p] == 0)
      end = ended[p]
    if (ended[p] == "")
      return worse("hang", command[g] ": it has not ended")
    if (ended[p] ~ /^killed/ && ended[p] !~ /^killed (SIGKILL|SIGTERM)$/ && ended[p] != usual_end[p] &&
        !(parent[p] == 0 && ended[p] == usual_root_end[g]))
      return worse("crash", command[g] ": " ended[p])
  }
  if (end == "")
    return worse("survived", "") # it was not started yet
  text_same = same_text(g, "out")
  if (text_same && end == usual_root_end[g])
    return worse("survived", "")
  new = news(g)
  code = end ~ /^(return|exit|_exit|_Exit) / ? substr(end, index(end, " ") + 1) : end == usual_root_end[g] ? "usual" : end
  if (kind == "stop" && end == usual_root_end[g] && usual_text(g, 1, 0) && usual_text(g, 0, 1))
    return worse("survived", "") # in another order
  if (kind == "stop" && commands > 1 && end == usual_root_end[g] && knows_why(g))
    return worse("survived", "") # the roles of equals are changed
  if (kind == "stop" && mine && worst == "told" && end == usual_root_end[g] && usual_text(g, 1, 0))
    return # he was too late, and the others have told so
  if (kind == "kill" && mine && parent[victim] == 0)
    return worse("survived", "")
  if (mine && restarted && worst == "told" && end == usual_root_end[g] && usual_text(g, 0, 0))
    return # it has dropped the one it served, who told so, and served the next
  if (mine && kind == "error") {
    if (new != "" && says_reason(new, what) && status_told(g))
      return worse("told", "") # on stdout: Status of tr: 127
    if (code == "0" || new == "")
      return worse("silent", command[g] ": " end ", " (new == "" ? "no word" : new))
    if (own_words(new, call, what))
      return worse("told", "")
    if (!says_reason(new, what))
      return worse("silent", command[g] ": not the reason: " new)
    if (!says_call(new, call))
      return worse("silent", command[g] ": does not name the call: " new)
    return worse("told", "")
  }
  if (mine && status_told(g))
    return worse("told", "")
  if (code != "0" && new != "")
    return worse("told", "")
  if (!mine && end == usual_root_end[g] && knows_why(g))
    return worse("survived", "") # it has read to the end, and said so
  if (restarted && end == usual_root_end[g] && usual_text(g, 0, 0))
    return worse("survived", "")
  return worse("silent", command[g] ": " end ", " (new != "" ? new : text_same ? "no word" : "other output, no word"))
}
function worse(verdict, why) {
  if (rank[verdict] > rank[worst]) {
    worst = verdict
    why_worst = why
  }
}

function judge(base, dir_of_cells,   line, f, g, w, kind, status, why, o, i, list) {
  split("survived told leak silent hang crash trouble", list, " ")
  for (i = 1; i <= 7; i++)
    rank[list[i]] = i
  why = undisturbed(base)
  if (why != "") {
    print why >(base "/why")
    return
  }
  while ((getline line < (base "/cells")) > 0) {
    split(line, f, "\t")
    if (f[1] !~ /^[0-9]+$/)
      continue
    split(f[2], w, " ")
    kind = w[3]
    dir = dir_of_cells "/" f[1]
    worst = ""
    why_worst = ""
    status = ""
    getline status < (dir "/status")
    close(dir "/status")
    restarted = 0
    if (status == 3) {
      # They wait. For somebody who may still come?
      again = ""
      getline again < (dir "/r/status")
      close(dir "/r/status")
      restarted = again == "0"
      if (restarted)
        dir = dir "/r"
    }
    read_trace(dir "/trace", "")
    victim = kind == "kill" ? w[1] : kind == "kills" ? w[4] : ""
    for (o in objects)
      print f[1] "\tobject\t" o
    if (kind != "" && (missed != "" || fault_name != f[5] || fault_time != f[6]))
      worse("trouble", "again")
    else if (status == 1 || status == 2 || status == "")
      worse("trouble", "the director's status is " status)
    else if (status == 3 && dir !~ /\/r$/)
      worse("hang", "waits for ever: " waiting(stuck))
    else if (status == 124)
      worse("hang", "did not end in time")
    else
      # The one with the fault last: what the others say matters for it.
      for (i = 1; i <= 2; i++)
        for (g = 1; g <= commands; g++)
          if ((g == family[victim != "" ? victim : w[1]]) == (i == 2))
            verdict_of(g, g == family[victim != "" ? victim : w[1]], kind == "kills" ? "kill" : kind, w[4], f[5])
    if (worst ~ /survived|told/ && kind ~ /^kill/) {
      # The next run in the same folder.
      dir = dir_of_cells "/" f[1] "/2"
      status = ""
      getline status < (dir "/status")
      close(dir "/status")
      read_trace(dir "/trace", "")
      for (o in objects)
        print f[1] "\tobject\t" o
      if (status != 0)
        worse("hang", "the next run does not end: " waiting(stuck))
      for (g = 1; g <= commands && status == 0; g++)
        if (!usual_text(g, 0, 1))
          worse("leak", "the next run prints other things: " news(g))
    }
    gsub(/\n/, "; ", why_worst)
    print f[1] "\t" worst "\t" why_worst
  }
}
function waiting(pids,   n, i, p, t) {
  n = split(pids, p, ",")
  for (i = 1; i <= n; i++)
    if (p[i] in number)
      t = t (t == "" ? "" : ", ") program[number[p[i]]]
  return t
}


# ---- the same with strace -----------------------------------------------

# Which cells can strace(1) try on the plain program, started alone? An error of
# the first command itself, before anybody else was asked, or when there is
# nobody else; and its system call is one that a C library makes for nothing
# else, the time-th of no other process, too. About `most` of them, spread evenly.
function cross(plan, trace,   line, f, w, k, n, list, i, j, only_one, most_times, first_other, v, kept) {
  n = split("pipe pipe,pipe2;pipe2 pipe2;socketpair socketpair;fork clone,clone3,fork,vfork;" \
    "wait wait4;waitpid wait4;dup2 dup2,dup3;mkfifo mknod,mknodat;unlink unlink,unlinkat;" \
    "ftruncate ftruncate;flock flock;msgget msgget;msgsnd msgsnd;msgrcv msgrcv;msgctl msgctl;" \
    "semget semget;semop semop,semtimedop;semctl semctl;shmget shmget;shmat shmat;shmctl shmctl;" \
    "socket socket;bind bind;listen listen;accept accept,accept4;connect connect;send sendto;recv recvfrom;" \
    "sendmsg sendmsg;recvmsg recvmsg;poll poll,ppoll;kill kill;nanosleep nanosleep,clock_nanosleep;" \
    "mq_open mq_open;mq_send mq_timedsend;inotify_init inotify_init,inotify_init1;" \
    "inotify_add_watch inotify_add_watch;shutdown shutdown;execvp execve", list, ";")
  for (i = 1; i <= n; i++) {
    split(list[i], w, " ")
    systems[w[1]] = w[2]
  }
  read_plan(plan)
  read_trace(trace, "cells")
  for (k = 1; k <= n_calls; k++)
    if (second_one == "" && by[k] != 1)
      second_one = k
  for (k = 1; k <= n_calls; k++)
    if (first_other == "" && family[by[k]] != 1)
      first_other = k
  while ((getline line < verdicts_file) > 0) {
    split(line, f, "\t")
    v[f[1]] = f[2]
  }
  n = 0
  while ((getline line < cells_file) > 0) {
    split(line, f, "\t")
    split(f[2], w, " ")
    if (w[1] != 1 || w[3] != "error" || !(f[5] in systems) || v[f[1]] !~ /told|survived/)
      continue
    for (k = 1; k <= n_calls; k++)
      if (by[k] == 1 && at[k] == w[2])
        break
    if (k > n_calls || (first_other != "" && (k > first_other || v[f[1]] != "told")))
      continue
    # Beside others it may be made more often one time than another.
    if (second_one != "" && k > second_one && named[1, f[5]] != 1)
      continue
    for (j = 2; j <= processes; j++)
      if (named[j, f[5]] >= f[6])
        break
    if (j <= processes || (first_other != "" && w[4] == "EINTR"))
      continue
    kept[++n] = f[1] "\t" v[f[1]] "\t" systems[f[5]] "\t" w[4] "\t" f[6] "\t" f[3] ":" f[4] " " f[5] "\t" reason[w[4]] "\t" (first_other == "")
  }
  for (i = 1; i <= n; i++)
    if (int(i * most / n) != int((i - 1) * most / n) || n <= most)
      print kept[i]
}

# ---- verdicts, and what a person reads ----------------------------------

# Join the judged with what was left behind.
task == "verdicts" {
  if ($2 == "object")
    next
  if ($2 != "leak" || !($1 in verdict)) {
    verdict[$1] = $2
    remark[$1] = $3
    order[++n_order] = $1
  } else if (!gone($1) && (verdict[$1] == "survived" || (verdict[$1] == "told" && !removal($1)))) {
    verdict[$1] = "leak"
    remark[$1] = "left behind: " $3
  } else if (verdict[$1] == "leak")
    remark[$1] = remark[$1] (remark[$1] == "" ? "" : ", ") $3
}
# Is it the very call that would have removed it? With an error that says that it
# is gone, nothing would have been left, either.
function removal(id,   line, f) {
  if (!cells_read++)
    while ((getline line < cells_file) > 0) {
      split(line, f, "\t")
      if (f[5] ~ /^(unlink|shm_unlink|sem_unlink|mq_unlink|(msg|sem|shm)(ctl|get))$/ && f[2] ~ / error /)
        removes[f[1]] = f[2] ~ /ENOENT|EIDRM|EINVAL/ ? 2 : 1
    }
  return id in removes
}
function gone(id) { return removal(id) && removes[id] == 2 }

# A line of folders: PART FOLDER.
task == "matrix" {
  part_of[++n_parts] = $1
  folder_of[n_parts] = $2
}
function matrix(   i, line, f, w, v, kind, key, k, c, t, columns, col, x) {
  columns = split("error short stop kill kills", col, " ")
  for (i = 1; i <= n_parts; i++) {
    split("", v)
    split("", what)
    if ((getline line < (folder_of[i] "/why")) > 0) {
      report[++n_report] = "  " part_of[i] ": " line
      if (line !~ /cannot be played/)
        total["trouble"]++
      continue
    }
    while ((getline line < (folder_of[i] "/verdicts")) > 0) {
      split(line, f, "\t")
      v[f[1]] = f[2]
      what[f[1]] = f[3]
    }
    while ((getline line < (folder_of[i] "/cells")) > 0) {
      split(line, f, "\t")
      if (f[1] == "left") {
        left[f[3]] += f[2]
        continue
      }
      split(f[2], w, " ")
      key = f[3] "\t" f[5]
      if (!(key in row)) {
        row[key] = ++n_rows
        row_name[n_rows] = key
      }
      x = v[f[1]]
      if (x == "") x = "trouble"
      if (x == "trouble" && what[f[1]] == "again") {
        varies++
        continue
      }
      total["cells"]++
      total[x]++
      count[row[key], w[3], x]++
      if (x !~ /told|survived/ || show == "all") {
        report[++n_report] = sprintf("  %-8s %s:%s %s: %s", x, f[3], f[4] ~ /:/ ? substr(f[4], index(f[4], ":") + 1) : f[4], f[5], w[3] (w[4] != "" ? " " w[4] : ""))
        if (what[f[1]] != "")
          report[++n_report] = wrapped(what[f[1]])
        report[++n_report] = "           ONLY='" (n_parts > 1 ? part_of[i] "." : "") f[2] "'"
      }
    }
  }
  printf "%s: %d cells\n", play, total["cells"]
  if (varies)
    print "  (" varies " more: such a call is not made as often each time)"
  printf "  %-28s%10s%8s%10s%10s%10s\n", "", "error", "short", "stopped", "killed", "peer k."
  for (k = 1; k <= n_rows; k++) {
    split(row_name[k], f, "\t")
    if (f[1] in headed)
      continue
    headed[f[1]]
    print "  " f[1]
    for (i = k; i <= n_rows; i++) {
      split(row_name[i], w, "\t")
      if (w[1] != f[1])
        continue
      line = sprintf("    %-26s", w[2])
      for (c = 1; c <= columns; c++)
        line = line sprintf("%" (c == 2 ? 8 : 10) "s", entry(i, col[c]))
      print line
    }
  }
  for (i = 1; i <= n_report; i++)
    print report[i]
  for (x in left)
    if (left[x] > 0)
      total["left " x] = left[x]
  line = "="
  for (x in total)
    line = line "\t" x "\t" total[x]
  print line
}
function wrapped(s,   t, n) {
  t = ""
  while (length(s) > 69) {
    for (n = 69; n > 30 && substr(s, n, 1) != " "; n--)
      ;
    t = t "           " substr(s, 1, n) "\n"
    s = substr(s, n + 1)
  }
  return t "           " s
}
# 3t2s1!: three told, two survived, one bad.
function entry(k, kind,   t, bad, x) {
  t = ""
  if (count[k, kind, "told"])
    t = t count[k, kind, "told"] "t"
  if (count[k, kind, "survived"])
    t = t count[k, kind, "survived"] "s"
  bad = count[k, kind, "silent"] + count[k, kind, "crash"] + count[k, kind, "hang"] + count[k, kind, "leak"] + count[k, kind, "trouble"]
  if (bad)
    t = t bad "!"
  return t == "" ? "." : t
}

# ---- main ---------------------------------------------------------------

END {
  if (task == "parts")
    parts(plan, trace)
  else if (task == "find") {
    read_trace(trace, "")
    print found_call
  } else if (task == "over") {
    read_plan(plan)
    read_trace(trace, "")
    printf "%s", over
  }
  else if (task == "cells")
    cells(plan, trace)
  else if (task == "judge") {
    read_plan(plan)
    judge(base, folder)
  }
  else if (task == "verdicts")
    for (i = 1; i <= n_order; i++)
      print order[i] "\t" verdict[order[i]] "\t" remark[order[i]]
  else if (task == "matrix")
    matrix()
  else if (task == "cross")
    cross(plan, trace)
}
