# classroom.awk - were the students' plays as they should be? For classroom.
#
# Variables: class  its folder: alone/DEMO, how the stage shows it to one who plays
#                   alone; studentN/played, what came of each play, and
#                   studentN/log/K.DEMO, how the stage showed it
#            n      how many students     summary  the file for the counts
# Prints a line for all that is wrong.
#
# Two transcripts of a demo differ in pids, keys, times, and in the order in which
# two processes write that do not wait for each other. So both are brought to one
# form, in which a pid is the name of its process; then what one process has
# written on one stream must be equal, line by line.

BEGIN {
  FS = "\t"
  for (s = 1; s <= n; s++)
    while ((getline <(class "/student" s "/played")) > 0)
      judge(s, $1, $2, $3, $4, $5, $6, $7, $8)
  print count["whole"] + 0, count["int"] + 0, count["one"] + 0, \
    count["stage"] + 0, count["all"] + 0, late + 0 >summary
}

function wrong(what, text) {
  if (++told[where] <= 3) print what "\t" where ": " text
}

# ---- one form ----------------------------------------------------------------

# read FILE: its lines into line[1..lines]. A demo may have several plays, and
# each begins with a title: of each line its play, who, and which stream; mark ":"
# is the stage's own word on a process, and no mark its word to all.
function read(file,   t, k, name) {
  lines = play = 0
  split("", pid_of)
  split("", key)
  while ((getline t <file) > 0) {
    if (t ~ /^[a-z]+: [a-z_0-9]+, article /) play++
    lines++
    who[lines] = mark[lines] = ""
    of_play[lines] = play
    if (match(t, /^[a-z_0-9]+ +[|!:<] /)) {
      name = substr(t, 1, index(t, " ") - 1)
      who[lines] = name
      mark[lines] = substr(t, RSTART + RLENGTH - 2, 1)
      t = substr(t, RLENGTH + 1)
      if (mark[lines] == ":" && match(t, /^pid [0-9]+,/)) {
        k = substr(t, 5, RLENGTH - 5)
        pid_of[play, k] = name
      }
    }
    line[lines] = t
  }
  close(file)
}

# form K STUDENT PIDS: the K-th line in that form. A number may be a pid by chance
# where pids are small: with PIDS=0 none is taken for one.
function form(k, student, pids,   t, to, text, number, code) {
  t = line[k]
  code = sprintf("%03d", student)
  to = ""
  gsub(/[A-Z][a-z][a-z] [A-Z][a-z][a-z] [ 0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9] [0-9][0-9][0-9][0-9]/, "<time>", t)
  gsub(/ipc-play-[0-9a-f]+/, "<unique>", t)
  gsub(/\/mq-[0-9]+-[0-9]+-[0-9]+/, "<queue>", t)
  gsub(/127\.[0-9]+\.[0-9]+\.[0-9]+(:[0-9]+)?/, "<address>", t)
  while (match(t, /-?[0-9]+/)) {
    text = substr(t, 1, RSTART - 1)
    number = substr(t, RSTART, RLENGTH)
    t = substr(t, RSTART + RLENGTH)
    if (text ~ /(user|group|pipe) $/)
      number = "<number>"
    else if (match(text, /(key|msqid|shmid|semid) is: $/)) # one for all in a play
      number = same_key(substr(text, RSTART), of_play[k], number)
    else if (text ~ /[a-z]$/ && number == code) # what was typed bears his number
      number = "###"
    else if (pids && ((of_play[k], number) in pid_of))
      number = "<" pid_of[of_play[k], number] ">"
    else if ((mark[k] == ":" && text == "pid ") || text ~ /last used by $/)
      number = "<?>"
    to = to text number
  }
  return to t
}
function same_key(what, play, number) {
  if (!((what, play) in key)) key[what, play] = number
  return key[what, play] == number ? "<one>" : number
}

# ---- how it is when one plays alone ------------------------------------------

function learn(demo,   k, stream, t) {
  if (demo in known) return
  known[demo]
  read(class "/alone/" demo)
  for (k = 1; k <= lines; k++) {
    stream = of_play[k] SUBSEP who[k] SUBSEP mark[k]
    i = ++alone[demo, stream]
    alone[demo, stream, i, 1] = nobody(form(k, 0, 1))
    alone[demo, stream, i, 2] = nobody(form(k, 0, 0))
    streams[demo] = streams[demo] (i == 1 ? "\t" stream : "")
    t = alone[demo, stream, i, 1]
    may[demo, t]
    any[demo] = any[demo] "\n" t
  }
}
# nobody TEXT: without saying who of this play; that it is in order is what the stage
# has looked at, by the cast.
function nobody(text) {
  gsub(/<[a-z_0-9?]+>/, "<>", text)
  return text
}

# ---- one play ----------------------------------------------------------------

function judge(s, number, demo, action, hit, status, left, running, at) {
  where = "student " s ", " demo
  if (action != "whole" && !hit) { action = "whole"; late++ }
  count[action]++
  learn(demo)
  read(class "/student" s "/log/" number "." demo)
  if (running != "") wrong("processes", "after it (" action ") there still runs: " running)
  if (left != "" && action !~ /^(stage|all)$/)
    wrong("objects", "after it (" action ") there is left:" left)
  if (action == "whole")
    exact(s, demo, status)
  else
    broken(s, demo, action, status, at)
}

# Not disturbed: all is equal.
function exact(s, demo, status,   k, i, n, all, stream, a, b, seen) {
  if (status != 0) wrong("printed", "status " status ", " last())
  split("", seen)
  for (k = 1; k <= lines; k++) {
    stream = of_play[k] SUBSEP who[k] SUBSEP mark[k]
    i = ++seen[stream]
    a = nobody(form(k, s, 1))
    b = nobody(form(k, s, 0))
    if (!((demo, stream, i, 1) in alone)) {
      wrong("printed", said(k) " is one line too many" stranger(s, k))
    } else if (a != alone[demo, stream, i, 1] && a != alone[demo, stream, i, 2] &&
               b != alone[demo, stream, i, 1] && b != alone[demo, stream, i, 2]) {
      wrong("printed", said(k) " is, when one plays alone: " alone[demo, stream, i, 1] \
        stranger(s, k))
    }
  }
  n = split(streams[demo], all, "\t")
  for (i = 2; i <= n; i++)
    if (seen[all[i]] < alone[demo, all[i]]) {
      split(all[i], a_part, SUBSEP)
      wrong("printed", "a line is missing: " a_part[2] " " a_part[3] " " \
        alone[demo, all[i], seen[all[i]] + 1, 1])
    }
}

# Disturbed: until then it is as it should be, but perhaps not complete, and a last
# line may be cut short. After line AT others may tell that somebody has gone, as the
# chat does; but nothing is of another play.
function broken(s, demo, action, status, at,   k, t, u, i, later, failed) {
  for (k = lines; k > 0; k--) {
    if (line[k] ~ /^FAILED: /) failed = line[k]
    if (mark[k] != "|") continue
    t = nobody(form(k, s, 1))
    u = nobody(form(k, s, 0))
    if (!((demo, t) in may) && !((demo, u) in may) &&
        ((who[k] in later) || !index(any[demo], "\n" t)) &&
        (k <= at || stranger(s, k) != ""))
      wrong("printed", said(k) " is not in this demo (" action ")" stranger(s, k))
    later[who[k]]
  }
  if (failed != "" && action == "int")
    wrong("printed", "Ctrl-C, and the stage says: " failed)
  if (action == "one" && status != 0 && failed == "")
    wrong("printed", "a program was killed, and the stage does not say so: " last())
}

function said(k) { return who[k] " " mark[k] " " line[k] }
function last() { return lines ? line[lines] : "nothing was printed" }

# stranger STUDENT K: does that line speak of another one? Of whom, in words.
function stranger(s, k,   t, number, before, i, file, at) {
  if (!lines_of_all++) learn_pids()
  t = line[k]
  while (match(t, /[0-9]+/)) {
    number = substr(t, RSTART, RLENGTH)
    before = RSTART > 1 ? substr(t, RSTART - 1, 1) : ""
    t = substr(t, RSTART + RLENGTH)
    if (before ~ /[a-z]/ && length(number) == 3 && number + 0 >= 1 &&
        number + 0 <= n && number + 0 != s)
      return " (crossed over from student " (number + 0) ")"
    if ((number in owner) && owner[number] != s && !((of_play[k], number) in pid_of))
      return " (crossed over: " number " is of student " owner[number] ")"
  }
  return ""
}
function learn_pids(   s, file, t, list) {
  for (s = 1; s <= n; s++) {
    list = class "/student" s "/pids"
    while ((getline t <list) > 0) owner[t] = s
    close(list)
  }
}
