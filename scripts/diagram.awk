# diagram.awk - the rows of a sequence diagram, from told traces.
#
# Called by scripts/diagram, with one of the two that draw behind it:
#   LC_ALL=C awk -f scripts/diagram.awk -f scripts/diagram_svg.awk TOLD...
#   LC_ALL=C awk -f scripts/diagram.awk -f scripts/diagram_text.awk TOLD...
# Each TOLD is one play, as scripts/told.awk writes it, with a line
# `play<tab>HEADING` before it if it is to have a heading. -v times=0 leaves
# times and pids out; -v all=1 folds nothing.
#
# A trace is one event a line; a picture of all of them would be a wall. Here it
# becomes items, each of them at one lane: a call that matters, the end of a
# wait, what is printed, a birth, an end, a handler, an object's new state.
# Setting up is left out; what repeats is folded (fold()). Then each item gets a
# row. Rows go down in true order; two items share a row only where an arrow
# goes from the one to the other with nothing in between.
# Those that draw find: n_lanes, name[], program[], pid_of[]; n_rows, row_time[];
# n_items, and of each item: row[], lane[], kind[], line[] (of the source),
# text[], result[], waits[]; n_arrows, from[], to[] (items), arrow[] (its kind),
# label[]; bars (from an item to an item) of what waits: bar[item] = its end.

BEGIN {
  FS = "\t"
  if (times == "") times = 1
  # What sets up or cleans up says little about how processes communicate. It is
  # shown only if it fails, waits, or an arrow begins or ends at it.
  quiet = "^(setvbuf|setbuf|setlinebuf|fflush|fclose|fdopen|fileno|getpid|" \
    "getppid|prctl|ftok|atexit|stat|fstat|lstat|exit|_exit|_Exit|" \
    "sigemptyset|sigfillset|sigaddset|setsockopt|getsockopt|getsockname|" \
    "getpeername|msync|dup|chdir|umask|chmod|fchmod|isatty|sysconf|" \
    "gettimeofday|clock_gettime|sched_yield|inotify_.*|__fdelt_chk)$"
  masks = "^(signal|sigaction|sigprocmask|pthread_sigmask|siginterrupt)$"
  prints = "^(__)?(v?printf|puts|putchar|putc|fputc|fputs|fputs_unlocked|" \
    "fwrite|v?fprintf|v?dprintf|perror|v?warnx?|v?errx?)(_chk)?$"
}

# ---- words -------------------------------------------------------------------

# columns: what S takes on a terminal. From U+3000 on (three bytes, the first
# of them 0xe3 or more) a character is two columns wide.
function columns(s,    i, c, n) {
  for (i = 1; i <= length(s); i++) {
    c = substr(s, i, 1)
    if (c < "\200" || c >= "\300") n += c >= "\343" ? 2 : 1
  }
  return n + 0
}

# head_of: the first WIDTH columns of S, whole characters, and no C escape that
# is cut in two.
function head_of(s, width,    i, n, c, w, tail) {
  for (i = 1; i <= length(s); i++) {
    c = substr(s, i, 1)
    if (c >= "\200" && c < "\300") continue # goes on
    w = c >= "\343" ? 2 : 1
    if (n + w > width) break
    n += w
  }
  s = substr(s, 1, i - 1)
  tail = s
  if (match(tail, /\\+$/) && RLENGTH % 2) s = substr(s, 1, length(s) - 1)
  else if (match(tail, /\\x[0-9a-f]?$/)) s = substr(s, 1, RSTART - 1)
  return s
}

# wrap: S in lines of at most WIDTH columns, at most MOST of them: into
# wrapped[1..]; the number of them.
function wrap(s, width, most,    n, line, i, w, words, rest, part) {
  split("", wrapped)
  rest = s
  n = 0
  if (width < 4) width = 4
  while (rest != "" && n < most) {
    if (columns(rest) <= width) { wrapped[++n] = rest; rest = ""; break }
    line = head_of(rest, width)
    if (line == "") line = substr(rest, 1, 1)
    part = line
    # At a blank, if that leaves not too short a line.
    if (substr(rest, length(line) + 1, 1) != " " && match(part, / [^ ]*$/) &&
        columns(substr(part, 1, RSTART - 1)) * 3 > width)
      line = substr(part, 1, RSTART - 1)
    rest = substr(rest, length(line) + 1)
    sub(/ +$/, "", line)
    sub(/^ +/, "", rest)
    wrapped[++n] = line
  }
  if (rest != "") wrapped[n] = head_of(wrapped[n], width - 2) ".."
  if (n == 0) wrapped[n = 1] = ""
  return n
}

# of: the attribute KEY of the attributes S.
function of(s, key,    i) {
  s = " " s
  if (key != "data") sub(/ data=.*/, "", s)
  if (!(i = index(s, " " key "="))) return ""
  s = substr(s, i + length(key) + 2)
  if (key != "data") sub(/ .*/, "", s)
  return s
}
function unquoted(s) {
  sub(/^"/, "", s)
  sub(/"(\.\.\.)?$/, "", s)
  return s
}
function thing_of(object) {
  return object == "" ? "" : object in thing ? thing[object] : ""
}
function who(pid) {
  gsub(/\\x20/, " ", pid)
  return pid in lane_of ? name[lane_of[pid]] : pid
}

# operations: what semop(2) does, in the words of the articles.
function operations(ops,    n, i, o, s, op, w) {
  n = split(ops, o, ",")
  for (i = 1; i <= n; i++) {
    split(o[i], op, ":")
    w = op[2]
    sub(/[un]*$/, "", w)
    w = w + 0
    w = w < 0 ? "P" (w < -1 ? " " (-w) : "") : \
        w > 0 ? "V" (w > 1 ? " " w : "") : "wait for 0"
    if (members) w = w " [" op[1] "]"
    if (op[2] ~ /u/) w = w " undo"
    s = s (i > 1 ? ", " : "") w
  }
  return s
}

# words: a call, short enough to stand beside a lifeline.
function words(f, args, attr,    object, s, i) {
  object = thing_of(of(attr, "obj"))
  if (f ~ /^(semop|semtimedop)$/)
    return f " " object ": " operations(of(attr, "ops"))
  if (f ~ /^(semctl|msgctl|shmctl)$/) {
    s = of(attr, "cmd") == "GETVAL" ? "" : of(attr, "value")
    return f " " object " " of(attr, "cmd") (s == "" ? "" : " " s)
  }
  if (f == "msgrcv") {
    s = of(attr, "want")
    return f " " object (s == "" || s == "0" ? "" : " type " s)
  }
  if (f ~ /^(kill|sigqueue|pthread_kill|tgkill)$/)
    return f " " of(attr, "sig") " to " who(of(attr, "to"))
  if (f ~ /^(open|openat|mkfifo|unlink|mknod)$/ && of(attr, "path") != "")
    return f " " of(attr, "path")
  if (f ~ /^(wait|waitpid|wait3|wait4|waitid)$/) {
    s = args == "-" ? "" : args
    sub(/^(pid|P_PID) /, "", s)
    i = index(s, ",")
    args = s ~ /WNOHANG/ ? ", WNOHANG" : ""
    if (i) s = substr(s, 1, i - 1)
    return f (s == "" || s ~ /^[WP]_?[A-Z]/ ? "" : " " who(s)) args
  }
  if (f ~ /^(fcntl|flock)$/) return f " " of(attr, "cmd") " " object
  if (f ~ /^(fork|vfork|pipe2?)$/) return f (f ~ /pipe/ && object != "" ? ": " object : "")
  if (f ~ /^(sigsuspend|pause|p?select|p?poll|epoll_p?wait)$/) return f
  if (f ~ /^(sigaction|signal)$/) return f " " of(attr, "sig")
  if (object != "") {
    s = f ~ /^(f?close|dup[23]?|fcntl)$/ ? of(attr, "end") : ""
    return f " " object (s == "" ? "" : s == "both" ? ", both ends" : ", " s " end")
  }
  if (args == "-") args = ""
  gsub(/\+SIG/, " SIG", args)
  return f (args == "" ? "" : " " args)
}

# outcome: what a call came to, or nothing if that is plain.
function outcome(f, result, attr,    s) {
  if (result == "-" || result == "") return ""
  if (result ~ /^-1 E0/ && f ~ /get/) return "end of file"
  if (result ~ /^-1 /) return substr(result, 4)
  # What was typed is of interest; what crossed over stands on its arrow.
  if (result != "0" && thing_of(of(attr, "obj")) ~ /^(stdin|terminal)/)
    return of(attr, "data") == "" ? result : of(attr, "data")
  if (f ~ /^(read|readv|recv|recvfrom|recvmsg)$/)
    return result == "0" ? "0: end of file" : result
  if (f ~ /^(wait|waitpid|wait3|wait4|waitid)$/) {
    if (result == "0") return "0: nobody yet"
    s = of(attr, "status")
    sub(/^exit:/, "exit ", s)
    sub(/^signal:/, "", s)
    return who(of(attr, "child")) (s == "" ? "" : ", " s)
  }
  if (f ~ /^(semctl|poll|select|epoll_wait|sem_getvalue)$/) return result == "0" ? "" : result
  if (f ~ /^(sigwait|sigwaitinfo|sigtimedwait)$/) return of(attr, "sig")
  return ""
}

# ---- items -------------------------------------------------------------------

function item(l, k,    i) {
  i = ++n_items
  lane[i] = l
  kind[i] = k
  line[i] = text[i] = result[i] = sign[i] = ""
  when[i] = now
  times_of[i] = 1
  waits[i] = 0
  if (l) last_item[l] = i
  return i
}

# place: the line of the source, with its file if that is not the lane's own.
function place(l, where,    f) {
  if (where == "-" || where == "?" || where == "") return ""
  f = where
  sub(/:[^:]*$/, "", f)
  sub(/^.*:/, "", where)
  if (f == "stdio.h") return "" # getchar(3) and the like are there
  return f == runs[l] ".c" ? ":" where : f ":" where
}

# typed_on: what is read from a keyboard, letter by letter, is one word.
function typed_on(k,    p) {
  p = k - 1
  if (p < 1 || lane[p] != lane[k] || result[k] !~ /^".*"$/) return 0
  if (result[p] !~ /^".*"$/ || result[p] ~ /\\n"$/ || kind[k] != "call") return 0
  if (text[p] != text[k] && index(text[k], text[p] " ") != 1) return 0
  result[p] = "\"" unquoted(result[p]) unquoted(result[k]) "\""
  last_item[lane[k]] = p
  n_items--
  return 1
}

# printed: what LANE prints becomes a note; what it goes on to print, with
# nothing in between, comes to the same note.
function printed(l, where, attr,    i, s, fd, cut) {
  s = of(attr, "data")
  cut = s ~ /\.\.\.$/ ? "..." : ""
  s = unquoted(s)
  # A date that is cut is still a date.
  if (cut != "" && times == 0)
    sub(/(Mon|Tue|Wed|Thu|Fri|Sat|Sun)( [A-Z][a-z]*( [ 0-9][0-9]?( [0-9:]*( [0-9]*)?)?)?)?$/, "<time>", s)
  s = s cut
  fd = of(attr, "fd") == "2" ? "stderr" : "prints"
  i = last_item[l]
  if (!i || i != n_items || kind[i] != "note" || result[i] != fd) {
    i = item(l, "note")
    result[i] = fd
    line[i] = place(l, where)
    sign[i] = "note " fd " " where
  }
  gsub(/\\"/, "\"", s)
  text[i] = text[i] s
  return i
}

function is_shown(n, f, args, attr,    object) {
  if (n in needed) return 1
  # Whoever cleans up at his end, to be sure, finds nothing any more.
  if (n in failed && failed[n] ~ /EINVAL|EIDRM/ && of(attr, "cmd") == "IPC_RMID") return 0
  if (f ~ masks) {
    if (f ~ /mask/) return any_signal
    return of(attr, "sig") in handled
  }
  if (n in failed) return 1
  # A plain file is of interest if it is memory, or somebody waits for it.
  object = of(attr, "obj")
  if (object ~ /^(file|dev|event):/ && !(object in shared) && f !~ /^epoll_p?wait$/) return 0
  if (f ~ quiet) return 0
  if (f ~ /(ctl|fcntl)$/ && of(attr, "cmd") ~ /^(IPC_STAT|F_GETF[DL]|F_SETF[DL]|.*_INFO)$/) return 0
  if (f == "close") return of(attr, "obj") ~ /^(pipe|fifo|socket|mq)/
  if (f ~ /^(open|openat|fopen|creat)$/) return thing_of(of(attr, "obj")) != "" || of(attr, "obj") == ""
  return 1
}

# play: all that is known of one play, from its lines.
function play(    i, n, F, ev, N, P, l, k, s, c, born_n, parent) {
  forget()
  # What an arrow touches, what fails and what blocks is shown in any case.
  for (i = 1; i <= n_lines; i++) {
    n = split(lines[i], F, "\t")
    if (F[4] == "lane") {
      l = F[5] + 0
      if (l > n_lanes) n_lanes = l
      name[l] = F[6]; program[l] = runs[l] = F[7]; pid_of[l] = F[3]
      lane_of[F[3]] = l
    } else if (F[4] == "thing") thing[F[5]] = F[6]
    else if (F[4] == "arrow") {
      needed[F[5]] = needed[F[6]] = 1
      shared[F[9]] = 1
      if (F[7] == "signal" && F[10] != F[11]) signalled[F[5]] = F[8]
    } else if (F[4] == "done") {
      s = of(F[8], "data")
      if (s != "") data_of[F[1]] = data_of[F[10]] = s
      call_of[F[1]] = F[10]
      if (F[9] ~ /^-1/) failed[F[10]] = F[9]
    } else if (F[4] == "call" && F[6] ~ /^(mmap|shm_open)/ || F[4] == "wait") {
      s = of(F[8], "obj")
      if (s != "") shared[s] = 1
    } else if (F[4] == "state") {
      if (F[6] ~ /values /) members = 1 # of a set: then their numbers matter
    }
  }
  for (N in call_of) if (N in needed) needed[call_of[N]] = 1
  for (i = 1; i <= n_lines; i++) {
    split(lines[i], F, "\t")
    if (F[4] ~ /^(call|done)$/ && F[1] in signalled) {
      handled[signalled[F[1]]] = 1
      any_signal = 1
    }
  }
  for (i = 1; i <= n_lines; i++) {
    n = split(lines[i], F, "\t")
    N = F[1]; P = F[3]; ev = F[4]
    now = F[2]
    l = P in lane_of ? lane_of[P] : 0
    if (ev == "heading") heading = F[5]
    else if (ev == "thing") thing[F[5]] = F[6]
    else if (ev == "new") {
      born_n = N; parent = F[6]; args = F[7]
      if (l in alive) runs[l] = F[5] # exec: another program
    }
    else if (ev == "lane") {
      k = item(l, "birth")
      sign[k] = "birth"
      sub(/^[^ ]+ ?/, "", args) # its own name
      text[k] = parent in lane_of ? "" : "starts" (args == "" ? "" : ": " program[l] " " args)
      item_of[born_n] = k
      alive[l] = 1
    } else if (ev == "call") {
      if (F[6] ~ prints) {
        printed(l, F[5], F[8])
        item_of[N] = n_items
      } else if (is_shown(N, F[6], F[7], F[8])) item_of[N] = called(l, F)
      if (F[6] ~ /^(raise|abort)$/) raised[l] = of(F[8], "sig")
      latest[P, F[5], F[6]] = N
    } else if (ev == "wait") {
      c = latest[P, F[5], F[6]]
      if (of(F[8], "sec") == "0") continue # that is no wait
      if (!(c in item_of)) item_of[c] = called(l, F)
      k = item_of[c]
      if (kind[k] == "call" && !waits[k]) { waits[k] = 1; sign[k] = sign[k] " waits" }
    } else if (ev == "done") {
      c = F[10]
      if (!(c in item_of)) continue
      k = item_of[c]
      item_of[N] = k
      s = outcome(F[6], F[9], F[8])
      if (kind[k] == "note") {
        if (F[9] ~ /^-1/) text[k] = text[k] " " s
        continue
      }
      if (waits[k] && k == n_items && !(N in needed)) { # it only took some time
        waits[k] = 0
        sub(/ waits$/, "", sign[k])
      }
      if (waits[k]) {
        # What was there, but never when all stood still, was not seen.
        if (kind[n_items] == "state" && N in needed) n_items--
        bar[k] = item_of[N] = item(l, "done")
        k = bar[k]
        line[k] = place(l, F[5])
        text[k] = F[6] (s == "" ? " returns" : "")
        sign[k] = "done " F[5] " " F[6] " " s
      } else {
        text[k] = words(F[6], F[7], F[8])
        sign[k] = sign[k] " " s
      }
      result[k] = s
      if (k == n_items && typed_on(k)) item_of[N] = n_items
      # Who looks again and again whether there is something: twice is enough.
      if (s ~ /^(EAGAIN|0: nobody yet)$/ && !(N in needed) && !(c in needed) &&
          ++looked[l, F[5], F[6]] > 2) {
        dropped[k] = dropped[item_of[c]] = 1
        delete bar[item_of[c]]
      }
    } else if (ev == "enter") {
      item_of[N] = k = item(l, "enter")
      line[k] = place(l, F[5])
      text[k] = F[6] " handler"
      sign[k] = "enter " F[6]
      in_handler[l] = k
    } else if (ev == "leave") {
      if (l in in_handler) {
        handler[in_handler[l]] = last_item[l]
        delete in_handler[l]
      }
    } else if (ev == "end") {
      item_of[N] = k = item(l, "end")
      text[k] = F[5] == "killed" && l in raised ? F[5] " " raised[l] : F[5]
      sign[k] = "end " F[5]
      ended[l] = k
    } else if (ev == "state") {
      s = F[6]
      c = thing_of(F[5])
      if (c == "") c = F[5]
      if (index(s, c) != 1) s = c ": " s
      gsub(/ 0 0 0 0( 0)+/, " 0 .. 0", s) # a set of many
      # Of a socket, its arrows tell enough, where there is little room.
      if (n_lanes > 2 && F[5] ~ /^socket:/ && s !~ /waits/) continue
      if (c ~ /^(stdin|stdout|stderr|terminal|event)/ || s == told[F[5]]) continue
      told[F[5]] = s
      # It has changed again, and nobody has done anything in between.
      if (n_items && kind[n_items] == "state" && result[n_items] == F[5]) k = n_items
      else k = item(0, "state")
      text[k] = s
      result[k] = F[5]
      sign[k] = "state " F[5] " " s
    } else if (ev == "note") {
      k = item(0, "remark")
      text[k] = F[5]
      sign[k] = "remark " F[5]
    } else if (ev == "arrow") {
      n_arrows++
      from[n_arrows] = F[5]; to[n_arrows] = F[6]; arrow[n_arrows] = F[7]
      label[n_arrows] = F[8] == "-" ? "" : F[8]
      if (F[7] == "data") data[n_arrows] = readable(data_of[F[5]])
      sender[n_arrows] = F[10] in lane_of ? lane_of[F[10]] : 0
      receiver[n_arrows] = F[11] in lane_of ? lane_of[F[11]] : 0
    }
  }
  for (l in in_handler) handler[in_handler[l]] = last_item[l]
  for (i = 1; i <= n_arrows; i++) {
    from[i] = from[i] in item_of ? item_of[from[i]] : 0
    to[i] = to[i] in item_of ? item_of[to[i]] : 0
    if (to[i]) sign[to[i]] = sign[to[i]] " <" arrow[i]
    if (from[i]) sign[from[i]] = sign[from[i]] " " arrow[i] ">"
    if (from[i] && !sender[i]) sender[i] = lane[from[i]]
  }
  fold()
  layout = n_lanes == 2 ? "two" : n_lanes <= few ? "few" : "many"
  rows()
  draw()
}

function called(l, F,    k) {
  k = item(l, "call")
  line[k] = place(l, F[5])
  text[k] = words(F[6], F[7], F[8])
  sign[k] = "call " F[5] " " F[6]
  return k
}

function forget() {
  split("", name); split("", program); split("", pid_of); split("", lane_of)
  split("", thing); split("", needed); split("", signalled); split("", handled)
  split("", call_of); split("", failed); split("", item_of); split("", alive)
  split("", latest); split("", bar); split("", in_handler); split("", handler)
  split("", ended); split("", last_item); split("", instead); split("", row)
  split("", from); split("", to); split("", arrow); split("", label)
  split("", sender); split("", receiver); split("", row_time)
  split("", looked); split("", dropped); split("", runs); split("", shared); split("", raised); split("", told); split("", data_of); split("", data); split("", half)
  n_lanes = n_items = n_arrows = n_rows = any_signal = members = 0
  heading = ""
}

# readable: what is text in S: a struct begins with numbers, and fills up.
function readable(s,    n, i, part, best) {
  if (s !~ /\\(x|0)/) return s
  if (unquoted(s) ~ /^[^\\]*\\n\\0$/ || unquoted(s) ~ /^[^\\]*\\0$/) return s
  n = split(unquoted(s), part, /(\\x[0-9a-f][0-9a-f]|\\0)+/)
  for (i = 1; i <= n; i++) if (length(part[i]) > length(part[best])) best = i
  return length(part[best]) < 3 ? "" : "\"" part[best] "\""
}

# ---- folding -----------------------------------------------------------------

# alike: a sign in which numbers do not matter.
function alike(i,    s) {
  s = sign[i]
  gsub(/[0-9]+/, "N", s)
  return lane[i] " " s
}

# fold: the same call again and again becomes one, with a count; a round of
# several that comes again and again is shown twice, then only counted.
function fold(    i, j, k, p, r, n, a, kept, m, most, seen) {
  instead[0] = 0
  for (i = 1; i <= n_items; i++) { instead[i] = i; a[i] = alike(i) }
  if (all) return
  n = 0
  for (i = 1; i <= n_items; i = j) {
    j = i + 1
    if (i in dropped) { instead[i] = 0; continue }
    # An object's state that changes each time does not part them.
    m = 1
    if (kind[i] ~ /^(call|note)$/ && !waits[i])
      while (j <= n_items && (a[j] == a[i] ||
             kind[j] == "state" && j < n_items && a[j + 1] == a[i]))
        if (kind[j++] != "state") m++
    kept[++n] = i
    if (m < 3) { j = i + 1; continue }
    times_of[i] = m
    for (k = i + 1; k < j; k++) instead[k] = kind[k] == "state" ? 0 : i
  }
  for (i = 1; i <= n; i++) a[i] = alike(kept[i])
  for (i = 1; i <= n; i++) {
    most = n - i + 1
    for (p = 2; p * 3 <= most && p <= 60; p++) {
      for (j = i; j + p <= n && a[j] == a[j + p]; j++) ;
      r = int((j - i) / p) + 1
      if (r < 3 || (r - 2) * p < 5) continue
      m = kept[i + 2 * p]
      kind[m] = "fold"
      lane[m] = 0
      times_of[m] = r - 2
      text[m] = r == 3 ? "once more like this" : (r - 2) " more rounds like this"
      line[m] = result[m] = ""
      waits[m] = 0
      for (k = i + 2 * p; k < i + r * p; k++) instead[kept[k]] = m
      i += r * p - 1
      break
    }
  }
  for (i = 1; i <= n_items; i++) while (instead[instead[i]] != instead[i]) instead[i] = instead[instead[i]]
  # Arrows of folded items: those within what is only counted go.
  m = 0
  for (i = 1; i <= n_arrows; i++) {
    j = from[i] ? instead[from[i]] : 0
    k = to[i] ? instead[to[i]] : 0
    if (!k || kind[j] == "fold" || kind[k] == "fold") continue
    if (seen[j, k, arrow[i]]) {
      if (times_of[j] > 1 || times_of[k] > 1) { again[seen[j, k, arrow[i]]]++; continue }
    }
    m++
    from[m] = j; to[m] = k; arrow[m] = arrow[i]; label[m] = label[i]; data[m] = data[i]
    sender[m] = sender[i]; receiver[m] = receiver[i]
    if (!seen[j, k, arrow[i]]) seen[j, k, arrow[i]] = m
    again[m] = 1
  }
  n_arrows = m
  for (i = 1; i <= n_arrows; i++) if (again[i] > 1) {
    label[i] = again[i] " times " label[i]
    data[i] = ""
  }
  for (i in bar) {
    k = instead[i]; j = instead[bar[i]]
    if (k == i && j == bar[i]) continue
    if (k == j) { delete bar[i]; continue }
    bar[k] = j
    if (k != i) { delete bar[i]; half[k] = lane[i] }
  }
  for (i in handler) {
    if (instead[i] != i) delete handler[i]
    else handler[i] = instead[handler[i]]
  }
}

# said: what an arrow says, in MOST columns at the most: what was sent,
# and how much.
function said(a, most,    s, n) {
  s = data[a]
  if (s == "") return label[a]
  n = most - columns(label[a]) - 1
  if (columns(s) > n) s = n < 8 ? "" : head_of(s, n - 3) "..\""
  return s (s == "" ? "" : " ") label[a]
}

# ---- rows --------------------------------------------------------------------

function rows(    i, k, cur, busy, share, s) {
  for (i = 1; i <= n_arrows; i++) if (from[i]) {
    k = to[i]
    if (!(k in first_from) || from[i] > first_from[k]) first_from[k] = from[i]
  }
  cur = 0
  for (i = 1; i <= n_items; i++) {
    if (instead[i] != i) continue
    # Beside what changed it, if there is room for it.
    share = kind[i] == "state" && cur && layout != "many" && !((cur, 0) in busy) && !(layout == "two" && cur in crossed)
    if (i in first_from) {
      s = first_from[i]
      share = row[s] == cur && lane[s] != lane[i] && !((cur, lane[i]) in busy) && !(cur in taken)
    }
    if (!share) { cur = ++n_rows; row_time[cur] = when[i] }
    else taken[cur] = 1
    if (i in first_from) crossed[cur] = 1
    row[i] = cur
    busy[cur, lane[i]] = 1
  }
  split("", first_from)
  split("", taken)
  split("", crossed)
}

FNR == 1 && n_lines { play(); n_lines = 0 }
/^play\t/ { lines[++n_lines] = "-\t-\t0\theading\t" $2; next }
{ lines[++n_lines] = $0 }
END {
  if (n_lines) play()
  finish()
}
