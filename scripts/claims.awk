# claims.awk - what scripts/claims prints, from what it has recorded and run:
#   table  number, room, place, claim, verdict, fact, lab, book, manual pages
#   ends   labs that did not end well, and how
#   lines  the lines that the labs printed, each behind its lab
#   calls  one lab's system calls, from strace(1)
# Fields are divided by tabs. awk runs in the C locale, where every awk counts
# bytes, as mawk always does.

# columns: what S takes on a terminal. From U+3000 on (three bytes, the first
# of them 0xe3 or more) a character is two columns wide.
function columns(s,    i, c, n) {
  for (i = 1; i <= length(s); i++) {
    c = substr(s, i, 1)
    if (c < "\200" || c >= "\300") n += c >= "\343" ? 2 : 1
  }
  return n
}

# fold: print the words of S behind an indent, in which FIRST stands.
function fold(first, indent, s,    n, i, w, line, at) {
  n = split(s, w, " ")
  line = sprintf("%-" indent "s", first)
  at = indent
  for (i = 1; i <= n; i++) {
    if (at > indent && at + 1 + columns(w[i]) > width) {
      print line
      line = sprintf("%" indent "s", "")
      at = indent
    }
    if (at > indent) { line = line " "; at++ }
    line = line w[i]
    at += columns(w[i])
  }
  print line
}

function painted(on, verdict) {
  if (colour) printf "\033[%sm", !on ? "0" : verdict in hue ? hue[verdict] : 35
}

# sentence: the verdict and the true fact.
function sentence(verdict, fact, book,    s) {
  s = verdict
  if (fact != "") s = s joint[verdict] fact
  if (book != "") s = s " [by the book: " book "]"
  return s
}

# judge: what the trials of a claim come to. Where some could not be made, it is
# what is recorded, unless those that were made speak against that.
function judge(id, recorded,    y, n, now) {
  y = yes[id]; n = no[id]
  now = y && n ? "holds only if" : y ? "holds" : n ? "does not hold" : ""
  if (now == recorded || !skips[id]) return now
  if (recorded == "holds" && !n) return untried
  if (recorded == "does not hold" && !y) return untried
  if (recorded == "holds only if" && !(y && n)) return untried
  return now
}

FILENAME == work "/ends" { died[$1] = $2; next }

FILENAME == work "/lines" {
  if (split($2, w, " ") < 3 || w[2] !~ /^(yes|no|skip)$/) {
    odd[++n_odd] = $1 ": " $2
    next
  }
  text = substr($2, length(w[1]) + length(w[2]) + 3)
  if (w[2] == "yes") yes[w[1]]++
  else if (w[2] == "no") no[w[1]]++
  else { skips[w[1]]++; reason[w[1]] = text }
  lab_of[w[1]] = $1
  trial[++n_trials] = w[2] " " text
  next
}

FILENAME == work "/table" {
  order[++n] = $1; room[$1] = $2; place[$1] = $3; claim[$1] = $4
  verdict[$1] = $5; fact[$1] = $6; book[$1] = $8; see[$1] = $9
  lab[$1] = $7 == "" ? "" : $2 "/labs/" $7
  next
}

# ---- one claim at length: the calls, the lab's lines where they belong -------

function show(line) {
  if (line == shown[n_shown]) same[n_shown]++
  else shown[++n_shown] = line
}

# tidy: without what only the C library put there.
function tidy(call) {
  if (call ~ /^rt_sigaction\(/)
    sub(/}, {sa_(handler|sigaction)=.*}, 8\)/, "}, NULL, 8)", call)
  gsub(/, sa_restorer=0x[0-9a-f]+|SA_RESTORER\|?/, "", call)
  gsub(/si_signo=[A-Z0-9]+, |, si_[us]time=[0-9]+/, "", call)
  gsub(/\|?0xf+0+|, 0x[0-9a-f]+ \/\* [0-9]+ vars \*\//, "", call)
  gsub(/, sa_flags=(0|,)?}/, "}", call)
  gsub(/ +=/, " =", call)
  return call
}

function result_of(call) { sub(/.*= /, "", call); return call + 0 }

# by_another: is this call of a program that the lab has started, of a compiler,
# say? What that does, and what it forks, is not the lab's work.
function by_another(pid, call) {
  if (!(pid in name) && !(pid in other) && n_pending > 0) other[pid] = 1
  if (pid in other) {
    if (call ~ /^(clone|clone3|fork|vfork)\(/)
      if (call ~ /unfinished/) n_pending++
      else other[result_of(call)] = 1
    else if (call ~ /^<\.\.\. (clone|clone3|fork|vfork) /) {
      n_pending--
      other[result_of(call)] = 1
    }
    return 1
  }
  if (call ~ /^execve\(/ && call !~ / = -1 /) {
    other[pid] = 1
    show(name[pid] " " tidy(call))
  }
  return call ~ /^execve\(/
}

# see_call: one line of strace(1). A lab's first call is alarm(2), which musl
# makes from setitimer(2); before that the program was only loaded.
function see_call(line,    pid, call) {
  pid = line; sub(/ .*/, "", pid)
  call = line; sub(/^[0-9]+ +/, "", call)
  if (!begun) {
    if (call ~ /^(alarm|setitimer)\(/) begun = 1
    if (n_names++ == 0) name[pid] = "lab"
    return
  }
  if (by_another(pid, call)) return
  if (!(pid in name)) name[pid] = "child" (++n_children > 1 ? n_children : "")
  if (call ~ /^write\(1, "[A-Z]+-[0-9]+ /) {
    shown[++n_shown] = trial[++n_told]
    return
  }
  if (call ~ noise || call ~ noise_resumed || call ~ noise_masks) return
  if (call ~ /^mmap\(.*(MAP_STACK|MAP_NORESERVE)/) return
  # How a lab cleans up when it is ended is no part of the story.
  if (call ~ /^rt_sigaction\(SIG(HUP|INT|QUIT|TERM|ALRM),/ &&
      room[one] != "signal") return
  if (call ~ /^(mmap|munmap|mprotect)\(/ && room[one] !~ /^(mmap|shm)$/) return
  # Nor is looking whether another process sleeps yet.
  if (call ~ /^open.*"\/proc\/[0-9]+\/.*(stat|status|syscall|wchan)"/) {
    peek[pid] = call ~ /unfinished/ ? "?" : result_of(call)
    return
  }
  if (pid in peek) {
    if (peek[pid] == "?") peek[pid] = result_of(call)
    else if (call ~ "^close\\(" peek[pid] "( |\\))" || peek[pid] == -1)
      delete peek[pid]
    return
  }
  if (call ~ /^(clone|clone3|fork|vfork)\(/)
    call = (call ~ /CLONE_THREAD/ ? "pthread_create()" : \
      call ~ /CLONE_VFORK|^vfork/ ? "vfork()" : "fork()") " = " \
      (call ~ /unfinished/ ? "..." : result_of(call))
  if (call ~ /^--- SIGCHLD/ && room[one] != "signal") return
  # A call that others come between is told twice only if it really waits.
  if (call ~ / <unfinished \.\.\.>$/) {
    sub(/ <unfinished.*/, "", call)
    open_call[pid] = call
    shown[++n_shown] = name[pid] " " tidy(call) " ..."
    slot[pid] = n_shown
  } else if (call ~ /^<\.\.\. /) {
    if (!(pid in slot)) return
    sub(/^[^>]*>/, "", call)
    call = name[pid] " " tidy(open_call[pid] call)
    if (n_shown - slot[pid] < 4) shown[slot[pid]] = ""
    delete slot[pid]
    show(call)
  } else {
    show(name[pid] " " tidy(call))
  }
}

# Of the C library's own: memory, threads, pauses, the first use of stdout.
BEGIN {
  quiet = "brk|madvise|set_robust_list|set_tid_address|rseq|gettid|futex"
  quiet = quiet "|arch_prctl|getrandom|rt_sigreturn|exit|exit_group|sched_yield"
  quiet = quiet "|nanosleep|clock_nanosleep|restart_syscall|getpid|getppid"
  quiet = quiet "|getuid|geteuid|getgid|getegid"
  noise = "^(" quiet ")\\(|^(fstat|newfstatat|ioctl)\\([12],|^\\+\\+\\+ exited"
  noise_resumed = "^<... (" quiet "|clone|clone3|fork|vfork) resumed"
  noise_masks = "^rt_sigprocmask\\((.*~\\[|SIG_SETMASK, \\[\\], NULL)"
}

function source_of(id,    line, number, found, start) {
  start = id
  sub(/-/, "_", start)
  start = "^static .*[ *]" tolower(start) "\\([^;]*$"
  while ((getline line < (lab[id] ".c")) > 0) {
    number++
    if (line ~ start) found = ":" number
  }
  return lab[id] ".c" found
}

function at_length(id, v, text,    i, line, w, is_trial, cut) {
  print id ", article " place[id]
  fold("", 2, claim[id])
  print ""
  if (lab[id] != "") {
    if (traced) print "What the lab did, and how the kernel answered:"
    else print "What the lab saw (its calls need strace: ./scripts/setup --ci):"
    while (traced && (getline line < (work "/calls")) > 0) see_call(line)
    while (n_told < n_trials) shown[++n_shown] = trial[++n_told]
    for (i = 1; i <= n_shown; i++) {
      if (split(shown[i], w, " ") == 0) continue
      is_trial = w[1] ~ /^(yes|no|skip)$/
      if (n_shown > 90 && i > 60 && i <= n_shown - 25 && !is_trial) {
        if (!cut++) print "          ..."
        continue
      }
      cut = 0
      if (colour && is_trial) printf "\033[1m"
      fold("  " w[1], 10, substr(shown[i], length(w[1]) + 2) \
        (same[i] ? " (" same[i] + 1 " times)" : ""))
      if (colour && is_trial) printf "\033[0m"
    }
    print ""
  }
  painted(1, v)
  fold("Verdict:", 10, text)
  painted(0)
  if (see[id] != "") fold("Read:", 10, see[id])
  if (lab[id] != "") print "Source:   " source_of(id)
}

# ---- all of them ------------------------------------------------------------

function complain(what) { print "! " what; wrong++ }

function for_the_sheet(    i, id, s) {
  print "| number | article | claim | verdict |"
  print "| --- | --- | --- | --- |"
  for (i = 1; i <= n; i++) {
    id = order[i]
    s = claim[id] " | " sentence(verdict[id], fact[id], book[id])
    print "| " id " | " place[id] " | " s " |"
  }
}

END {
  untried = "cannot be tried here"
  hue["holds"] = 32; hue["holds only if"] = 33; hue["does not hold"] = 31
  hue[untried] = 36
  mark["holds"] = "+"; mark["holds only if"] = "~"; mark["does not hold"] = "-"
  mark[untried] = "?"; mark["changed"] = "!"
  joint["holds"] = "; "; joint["holds only if"] = " "
  joint["does not hold"] = ": "
  if (sheet != "") {
    for_the_sheet()
    exit 0
  }
  for (i = 1; i <= n; i++) {
    id = order[i]
    v = lab[id] == "" ? verdict[id] : judge(id, verdict[id])
    if (v == verdict[id])
      text = sentence(v, fact[id], book[id])
    else if (v == untried)
      text = v ": " reason[id]
    else {
      text = "its lab has no line of it"
      if (lab[id] in died) text = "the lab " died[lab[id]]
      if (v != "") text = "it now " v
      text = "changed: " text "; recorded is: " verdict[id]
      v = "changed"
    }
    total[v]++
    by_book += lab[id] == ""
    if (one != "") {
      at_length(id, v, text)
      continue
    }
    fold(mark[v] " " id, 11, claim[id])
    painted(1, v)
    fold("", 11, place[id] ": " text)
    painted(0)
  }
  for (l in died) complain("the lab " l " " died[l])
  for (i = 1; i <= n_odd; i++) complain("not a line of a lab: " odd[i])
  for (id in lab_of)
    if (!(id in lab)) complain(lab_of[id] " tried " id ", which is not listed")
    else if (lab[id] != lab_of[id])
      complain(lab_of[id] " tried " id ", which belongs to " lab[id])
  if (one == "") {
    print ""
    fold("", 0, n " claims in " seconds " s: " total["holds"] + 0 " hold, " \
      total["holds only if"] + 0 " hold only if, " total["does not hold"] + 0 \
      " do not hold, " total[untried] + 0 " cannot be tried here, " \
      total["changed"] + 0 " changed. By the book: " by_book ".")
  }
  exit (total["changed"] || wrong) ? 1 : 0
}
