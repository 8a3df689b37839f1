# page.awk - told traces become one self-contained page of HTML.
#
#   LC_ALL=C awk -f scripts/page.awk -v title=TITLE -v skeleton=scripts/page.html LIST
# LIST has a line for each play, its fields separated by TAB:
#   ROOM  PLAY  WHERE-IN-THE-ARTICLE  WHAT-IT-SHOWS  REMARK  TOLD-TRACE  SOURCE...
# An empty field is `-`; where there is no trace, the REMARK says why.
#
# A play becomes a list with one numbered item for each traced call, in the
# order in which the calls came to their end, and items without a number for
# what happens in between (a process appears, begins to wait, ends). The list
# is the page; what the script in page.html shows it reads from there. So all
# text goes through esc(), and none of it ever stands in a script.
BEGIN {
    FS = "\t"
    many["exit"] = many["_exit"] = many["_Exit"] = many["quick_exit"] = 1
    sources = 0 # all plays': path[i], lines[i]; number_of[path]
    most = 1    # lanes of a play
    body = ""
    nav = ""
    plays = 0
}

function esc(s) {
    gsub(/&/, "\\&amp;", s)
    gsub(/</, "\\&lt;", s)
    gsub(/>/, "\\&gt;", s)
    gsub(/"/, "\\&quot;", s)
    gsub(/'/, "\\&#39;", s)
    gsub(/[\001-\010\013-\037\177]/, "?", s) # not allowed in a page
    return s
}
function field(s) { return s == "-" ? "" : s }

# attr(ATTRIBUTES, KEY): the value of one; what stands in data= is not searched.
function attr(s, key,    at) {
    s = " " s
    if ((at = index(s, " data=\"")) > 0) {
        if (key == "data") return substr(s, at + 6)
        s = substr(s, 1, at - 1)
    }
    if ((at = index(s, " " key "=")) == 0) return ""
    s = substr(s, at + length(key) + 2)
    sub(/ .*/, "", s)
    gsub(/\\x20/, " ", s)
    return s
}
function object(id) { return id in thing ? thing[id] : id }

# ---- sources -----------------------------------------------------------

# source(NAME, LANE): the number of that file, as this lane has it, in this page;
# 0 if it is not there. Two programs of one's own may have the same name.
function source(name, l,    file, line, n) {
    if (!(name in file_of)) return 0
    file = file_of[name]
    if (base(path_of[l]) == name) file = path_of[l]
    if (file in number_of) return number_of[file]
    n = 0
    while ((getline line < file) > 0) {
        sub(/\r$/, "", line)
        text[sources + 1, ++n] = line
    }
    close(file)
    if (n == 0) return number_of[file] = 0
    lines[++sources] = n
    name_of[sources] = name
    path[sources] = file
    if (name in first_of) { # the folders tell them apart
        name_of[first_of[name]] = with_folder(path[first_of[name]])
        name_of[sources] = with_folder(file)
    } else
        first_of[name] = sources
    return number_of[file] = sources
}
function base(s) { sub(/.*\//, "", s); return s }
function with_folder(s) {
    while (match(s, /\/[^\/]*\//)) s = substr(s, RSTART + 1)
    return s
}
# where(WHERE, LANE): a link to the line, or nothing.
function where(w, l,    i, n) {
    if ((i = index(w, ":")) == 0) return ""
    n = source(substr(w, 1, i - 1), l)
    if (n == 0) return " <small>" esc(w) "</small>"
    if (substr(w, i + 1) !~ /^[0-9]+$/ || substr(w, i + 1) + 0 > lines[n])
        return " <small>" esc(w) "</small>"
    return " <a href=\"#f" n "-" substr(w, i + 1) "\">" esc(w) "</a>"
}
# What stands in a comment is set apart, as far as line and block comments go.
function sources_html(    i, j, s, out, t, c, k, in_comment) {
    out = ""
    for (i = 1; i <= sources; i++) {
        out = out "<details class=\"file\" id=\"f" i "\"><summary>" esc(name_of[i]) "</summary>\n<pre>"
        in_comment = 0
        for (j = 1; j <= lines[i]; j++) {
            s = text[i, j]
            t = ""
            while (s != "") {
                if (in_comment) {
                    k = index(s, "*/")
                    c = k ? substr(s, 1, k + 1) : s
                    t = t "<i>" esc(c) "</i>"
                    s = substr(s, length(c) + 1)
                    if (k) in_comment = 0
                } else {
                    k = comment_at(s)
                    if (k == 0) { t = t esc(s); break }
                    t = t esc(substr(s, 1, k - 1))
                    s = substr(s, k)
                    if (substr(s, 2, 1) == "/") { t = t "<i>" esc(s) "</i>"; break }
                    k = index(substr(s, 3), "*/")
                    c = k ? substr(s, 1, k + 3) : s
                    t = t "<i>" esc(c) "</i>"
                    s = substr(s, length(c) + 1)
                    if (!k) in_comment = 1
                }
            }
            out = out "<span id=\"f" i "-" j "\">" t "\n</span>"
        }
        out = out "</pre></details>\n"
    }
    return out
}
# comment_at(LINE): where a comment begins that is not within quotes, or 0.
function comment_at(s,    i, c, quote) {
    if (s !~ /\/[\/*]/) return 0
    quote = ""
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        if (quote != "") {
            if (c == "\\") i++
            else if (c == quote) quote = ""
        } else if (c == "\"" || c == "'") quote = c
        else if (c == "/" && substr(s, i + 1, 1) ~ /[\/*]/) return i
    }
    return 0
}

# ---- a play -------------------------------------------------------------

# row(CLASS, LANE, VALUE, HTML): one item; its states and arrows may follow.
function row(class, l, value, html,    i) {
    rows++
    r_class[rows] = class
    r_lane[rows] = l
    r_value[rows] = value
    r_html[rows] = html
    r_state[rows] = r_arrow[rows] = r_same[rows] = r_data[rows] = ""
    r_lines[rows] = ""
    for (i = 1; i <= lanes; i++)
        if (status[i] != "") r_lines[rows] = r_lines[rows] " " status[i] i
}
# before(ROW): lanes as they are while its event happens: one that has just
# begun to wait, or has ended, has its line down to there.
function who(l) { return "<b>" esc(lane_name[l]) "</b> " }
function words(name, args, result,    s) {
    args = named(args)
    result = named(result)
    s = "<code>" esc(name) (args == "" ? "" : " " esc(args)) "</code>"
    return s result_words(result)
}
# named: outside of what is quoted, names stand as they are: not `set <set 1>`.
function named(s,    out, i, n) {
    out = ""
    while (match(s, /"([^"\\]|\\.)*"/)) {
        i = RSTART
        n = RLENGTH
        out = out unquoted(substr(s, 1, i - 1)) substr(s, i, n)
        s = substr(s, i + n)
    }
    return out unquoted(s)
}
function unquoted(s,    out, name) {
    out = ""
    while (match(s, /((queue|set|segment) )?<[^<>]*>/)) {
        name = substr(s, RSTART, RLENGTH - 1)
        sub(/.*</, "", name)
        out = out substr(s, 1, RSTART - 1) (name in is_name ? name : substr(s, RSTART, RLENGTH))
        s = substr(s, RSTART + RLENGTH)
    }
    return out s
}
function result_words(r) {
    if (r == "") return ""
    return r ~ /^-1/ ? " <strong>= " esc(r) "</strong>" : " <samp>= " esc(r) "</samp>"
}
function inside(l) { return depth[l] > 0 ? " in" : "" }

# step(LINE, RESULT): the call that the call line LINE began is over.
function step(c, result, args, attrs, over,    l, html, d) {
    l = lane_of[f3[c]]
    calls++
    html = who(l) words(f6[c], args, result) (over == "" ? "" : " <em>" esc(over) "</em>")
    d = attr(attrs, "data")
    if (bare(d) != "" && index(args, d) == 0) html = html " <q>" esc(bare(d)) "</q>"
    if (waited[c]) html = html " <em>after waiting</em>"
    html = html where(f5[c], l)
    row("c" inside(l), l, calls, html)
    current[l] = f5[c]
    r_same[rows] = f5[c] SUBSEP f6[c] SUBSEP result SUBSEP l
    r_data[rows] = d
    r_short[rows] = words(f6[c], args, result)
    r_name[rows] = f6[c]
    r_args[rows] = named(args)
    r_where[rows] = f5[c]
    r_result[rows] = result
}
function unfinished(l, why,    c) {
    while (open_n[l] > 0) {
        c = open_call[l, open_n[l]--]
        step(c, "", field(f7[c]), f8[c], why)
    }
}

function play(room, name, about, shows, remark, trace,    n, i, l, c, e, s, html, k, line, notes, heads, id, o, bad) {
    split("", thing); split("", lane_of); split("", lane_name); split("", prog)
    split("", status); split("", waited); split("", is_done); split("", open_n)
    split("", depth); split("", current); split("", has_state); split("", row_of)
    split("", f3); split("", data_of); split("", gone); split("", born); split("", state_n)
    rows = calls = lanes = arrows = objects = 0
    split("", is_name); split("", path_of); split("", direction); split("", is_taken); roots = 0
    split("", ends); split("", how); split("", whose); ended = 0
    notes = field(remark) == "" ? "" : "<p class=\"said\">" esc(remark) "</p>\n"

    n = 0
    if (trace != "-") while ((getline line < trace) > 0) {
        k = split(line, F, "\t")
        if (k < 4) continue
        e = F[4]
        n++
        f1[n] = F[1]; f3[n] = F[3]; f4[n] = e; f5[n] = F[5]
        f6[n] = k > 5 ? F[6] : ""; f7[n] = k > 6 ? F[7] : ""
        f8[n] = k > 7 ? F[8] : ""; f9[n] = k > 8 ? F[9] : ""
        f10[n] = k > 9 ? F[10] : ""; f11[n] = k > 10 ? F[11] : ""
        if (e == "done") is_done[f10[n]] = 1
        if (e == "call" || e == "done") {
            s = attr(f8[n], "data")
            if (s ~ /"$/ && length(s) <= 42) data_of[F[1]] = s
        }
        if (e == "thing") { thing[f5[n]] = f6[n]; is_name[f6[n]] = 1 }
        else if (e == "lane") is_name[f6[n]] = 1
        else if (e == "state" && !(f5[n] in state_n)) state_n[f5[n]] = 0
    }
    if (trace != "-") close(trace)

    for (i = 1; i <= n; i++) {
        e = f4[i]
        l = f3[i] in lane_of ? lane_of[f3[i]] : 0
        if (e == "new" && l && !(l in gone)) {
            # An exec that worked: another program, in the same process.
            unfinished(l, "")
            prog[l] = f5[i]
            source(f5[i] ".c", l)
            current[l] = ""
            row("n", l, "", who(l) "is now: <code>" esc(field(f7[i]) == "" ? f5[i] : f7[i]) "</code>")
            row_of[f1[i]] = rows
        } else if (e == "new") {
            # Its lane follows; what is known of it is kept until then.
            born[f3[i]] = i
        } else if (e == "lane") {
            if (f3[i] in lane_of && lane_of[f3[i]] == f5[i] + 0) continue
            l = lane_of[f3[i]] = f5[i] + 0
            if (l > lanes) lanes = l
            lane_name[l] = f6[i]
            prog[l] = f7[i]
            status[l] = "a"
            c = born[f3[i]]
            k = f6[c] in lane_of ? lane_of[f6[c]] : 0
            path_of[l] = k ? path_of[k] : room == "-" ? own_path[++roots] : ""
            source(f7[i] ".c", l)
            if (k) {
                current[l] = current[k]
                html = who(l) "is a new process, forked by " esc(lane_name[k]) where(current[k], l)
            } else
                html = who(l) "starts: <code>" esc(field(f7[c]) == "" ? prog[l] : room == "-" ? short(f7[c]) : f7[c]) "</code>"
            row("n", l, "", html)
            row_of[f1[c]] = rows
        } else if (e == "call" && l) {
            current[l] = f5[i]
            # An exec that worked has no end but the next call.
            if (open_n[l] > 0 && !depth[l]) unfinished(l, "")
            if (f6[i] in many && !(f1[i] in is_done)) {
                step(i, "", field(f7[i]), f8[i])
                row_of[f1[i]] = rows
            } else
                open_call[l, ++open_n[l]] = i
        } else if (e == "wait" && l) {
            if (open_n[l] > 0) waited[open_call[l, open_n[l]]] = 1
            status[l] = "w"
            current[l] = f5[i]
            o = attr(f8[i], "obj")
            html = who(l) "waits in " words(f6[i], field(f7[i]), "") (o == "" ? "" : ", on " esc(object(o))) where(f5[i], l)
            row("w" inside(l), l, "", html)
            row_of[f1[i]] = rows
        } else if (e == "done" && l) {
            for (k = open_n[l]; k > 0 && f1[open_call[l, k]] != f10[i]; k--);
            if (k == 0) continue
            c = open_call[l, k]
            open_n[l] = k - 1
            status[l] = "a"
            f5[c] = f5[i]
            step(c, field(f9[i]), field(f7[i]), f8[i])
            row_of[f1[i]] = row_of[f1[c]] = rows
        } else if (e == "enter" && l) {
            status[l] = "a"
            row("h", l, "", who(l) "<code>" esc(f6[i]) "</code>: its handler begins" (f5[i] == "-" ? "" : ", at") where(f5[i], l))
            depth[l]++
            row_of[f1[i]] = rows
        } else if (e == "leave" && l) {
            if (depth[l] > 0) depth[l]--
            row("v", l, "", who(l) "<code>" esc(f6[i]) "</code>: its handler returns" where(f5[i], l))
            row_of[f1[i]] = rows
        } else if (e == "end" && l) {
            depth[l] = 0
            s = f5[i]
            unfinished(l, s ~ /^killed/ ? "died in it" : "did not return")
            bad = s == "gone" || s ~ /^killed SIG(KILL|SEGV|ABRT|BUS|ILL|FPE|SYS|TRAP|PIPE|XCPU)/
            if (s ~ /^killed /) {
                sub(/^killed /, "", s)
                s = "was killed by " s
            } else if (s == "killed")
                s = "was killed by a signal"
            else if (s == "gone")
                s = "is gone, nobody saw how"
            else
                s = "ends: " s
            row("e" (bad ? " bad" : ""), l, "", who(l) esc(s))
            row_of[f1[i]] = rows
            status[l] = ""
            gone[l] = 1
            sub(/^ends: |^was /, "", s)
            if (!(s in how)) { ends[++ended] = s; how[s] = 0 }
            how[s]++
            whose[s] = whose[s] (whose[s] == "" ? "" : ", ") lane_name[l]
        } else if (e == "note") {
            row("t", 0, "", esc(f5[i]))
            notes = notes "<p class=\"said\">" esc(f5[i]) "</p>\n"
        } else if (e == "state") {
            # Where it prints to is no object of the play.
            if (object(f5[i]) ~ /^std(in|out|err)$/) continue
            if (!(f5[i] in has_state)) {
                has_state[f5[i]] = ++objects
                # A connection has two of them, one in each direction.
                direction[f5[i]] = f5[i] ~ /^socket:/ && match(f6[i], / from [^:]*$/) ? substr(f6[i], RSTART) : ""
                o = object(f5[i]) direction[f5[i]]
                if (o in is_taken) o = o ", other end"
                is_taken[o] = 1
                object_name[objects] = o
            }
            if (rows == 0) continue
            s = f6[i]
            o = object(f5[i])
            if (index(s, o ": ") == 1) s = substr(s, length(o) + 3)
            k = length(direction[f5[i]])
            if (k > 0 && substr(s, length(s) - k + 1) == direction[f5[i]]) {
                s = substr(s, 1, length(s) - k)
                o = o direction[f5[i]]
            }
            r_state[rows] = r_state[rows] "<p class=\"s\" data-o=\"" has_state[f5[i]] "\">" esc(o) ": <span>" esc(s) "</span></p>"
        } else if (e == "arrow") {
            k = f6[i] in row_of ? row_of[f6[i]] : rows
            s = f7[i] == "data" && f5[i] in data_of ? data_of[f5[i]] " " : ""
            if (k > 0) arrow(k, f7[i], s f8[i], f9[i], f10[i], f11[i])
        }
    }
    for (l = 1; l <= lanes; l++) {
        depth[l] = 0
        if (open_n[l] > 0) {
            unfinished(l, "is not over when the recording ends")
            r_class[rows] = r_class[rows] " bad"
        }
    }
    if (lanes > most) most = lanes

    id = "p" ++plays
    html = "<section class=\"play\" id=\"" id "\" aria-labelledby=\"" id "-h\">\n<h2 id=\"" id "-h\">" esc(name) "</h2>\n"
    if (field(shows) != "")
        html = html "<p class=\"about\">" esc(shows) (field(about) == "" ? "" : " <span>" esc(about) "</span>") "</p>\n"
    if (rows == 0) html = html "<div class=\"top\">" (notes == "" ? "<p class=\"said\">no call was traced</p>\n" : notes) "</div>\n"
    else {
        html = html "<div class=\"top\"><p class=\"sum\">" count(calls, "call") " of " count(lanes, "process") \
            ", " count(arrows, "arrow") "." endings() \
            " One process runs at a time; when something happens is the recording\342\200\231s, not the program\342\200\231s.</p>\n" notes "</div>\n"
        heads = ""
        for (l = 1; l <= lanes; l++)
            heads = heads "<span class=\"l" l "\" data-f=\"" source(prog[l] ".c", l) "\">" esc(lane_name[l]) "</span> "
        html = html "<div class=\"lanes n" (lanes > 9 ? 9 : lanes) "\" style=\"--n:" lanes "\">\n<p class=\"heads\">" heads "</p>\n"
        o = ""
        for (i = 1; i <= objects; i++) o = o "<li>" esc(object_name[i]) "</li>"
        html = html "<ol class=\"run\">\n" list() "</ol>\n</div>\n<ul class=\"things\" hidden>" o "</ul>\n"
    }
    nav = nav "<li><a href=\"#" id "\">" esc(name) "</a></li>\n"
    body = body html "</section>\n"
}
# endings: how they ended, those of many together.
function endings(    i, s, out) {
    for (i = 1; i <= ended; i++) {
        s = ends[i]
        out = out (i > 1 ? "; " : " Ended: ") esc(how[s] > 4 ? how[s] " processes" : whose[s]) ": " esc(s)
    }
    return out == "" ? "" : out "."
}
# short(ARGUMENTS): where one's own program has been put is nobody's business.
function short(s) {
    sub(/^[^ ]*\//, "", s)
    gsub(/\\x20/, " ", s)
    return s
}
function count(n, what) {
    if (n == 1) return "1 " what
    return n " " what (what ~ /s$/ ? "es" : "s")
}

# arrow(ROW, KIND, LABEL, OBJECT, FROM, TO): it arrives at that row.
function arrow(r, kind, label, obj, from, to,    a, b, s, o, lo, hi) {
    arrows++
    a = from in lane_of ? lane_of[from] : 0
    b = to in lane_of ? lane_of[to] : r_lane[r]
    o = field(obj) == "" ? "" : object(obj)
    s = kind_words(kind, field(label))
    lo = a < b ? a : b
    hi = a < b ? b : a
    if (a == 0 || a == b) { lo = hi = b }
    r_arrow[r] = r_arrow[r] "<p class=\"x " esc(kind) (lo == hi ? "" : a < b ? " rt" : " lt") "\"" \
        " style=\"--a:" lo - 1 ";--b:" hi - 1 "\"><span>" \
        "<u>" (a ? esc(lane_name[a]) : "outside") " to " (b ? esc(lane_name[b]) : "outside") ": </u>" esc(s) \
        (o == "" ? "" : " <small>" esc(o) "</small>") "</span></p>"
}
function kind_words(kind, label) {
    if (kind == "data" || kind == "signal") return label == "" ? kind : label
    if (kind == "wake") return "wakes" (label == "" ? "" : ": " label)
    if (kind == "fd") return "descriptor" (label == "" ? "" : ": " label)
    if (kind == "eof") kind = "end of file"
    if (kind == "new") kind = "fork"
    if (kind == label || label == "") return kind == "end" ? "its end" : kind
    return kind (label == "" ? "" : ": " label)
}

# The items of the list. Four and more of the same call at the same line with
# the same result, where no arrow arrives, are folded into one: a program that
# reads byte by byte would fill the page.
function list(    i, j, k, out, data, d, same_args) {
    out = ""
    for (i = 1; i <= rows; i = j) {
        j = i + 1
        if (r_same[i] != "" && r_arrow[i] == "" && r_class[i] ~ /^c/)
            while (j <= rows && r_same[j] == r_same[i] && r_arrow[j] == "" && r_lines[j] == r_lines[i]) j++
        if (j - i < 4) {
            j = i + 1
            out = out item(i, r_html[i]) "\n"
            continue
        }
        data = ""
        for (k = i; k < j; k++) {
            d = r_data[k]
            data = data bare(d)
            if (length(data) > 300) { data = cut(data) "..."; break }
        }
        same_args = 1
        for (k = i + 1; k < j; k++) if (r_args[k] != r_args[i]) same_args = 0
        out = out "<li class=\"" r_class[i] " F l" r_lane[i] r_lines[i] "\" value=\"" r_value[i] "\"><details><summary>" \
            who(r_lane[i]) j - i " times <code>" esc(r_name[i]) (same_args && r_args[i] != "" ? " " esc(r_args[i]) : "") "</code>" \
            result_words(r_result[i]) \
            (data == "" ? "" : " <q>" esc(data) "</q>") "</summary>" "<ol>\n"
        for (k = i; k < j; k++)
            out = out "<li class=\"c\" value=\"" r_value[k] "\">" (same_args ? (r_data[k] == "" ? "" : "<q>" esc(bare(r_data[k])) "</q>") : r_short[k]) r_state[k] "</li>\n"
        out = out "</ol></details>" where(r_where[i], r_lane[i]) "</li>\n"
    }
    return out
}
# bare(DATA): without its quotes.
function bare(d) {
    if (d ~ /^".*"[.][.][.]$/) return substr(d, 2, length(d) - 5) "..."
    if (d !~ /^".*"$/) return d == "" ? "" : "..."
    return substr(d, 2, length(d) - 2)
}
# cut(TEXT): not within a character of several bytes, nor within an escape.
function cut(s) {
    s = substr(s, 1, 290)
    sub(/\\[x0-9A-Fa-f]*$/, "", s)
    sub(/[\300-\377][\200-\277]*$/, "", s)
    return s
}
function item(i, html) {
    return "<li class=\"" r_class[i] " l" r_lane[i] r_lines[i] "\"" (r_value[i] == "" ? "" : " value=\"" r_value[i] "\"") ">" \
        r_arrow[i] "<div>" html r_state[i] "</div></li>"
}

# ---- the page -----------------------------------------------------------

# Each lane has a line of its own, drawn as a background of every item.
function lanes_css(    i, out, all) {
    out = all = ""
    for (i = 1; i <= most; i++) {
        out = out ".l" i "{--l:" i - 1 ";--c:var(--c" (i - 1) % 6 + 1 ")}\n" \
            ".a" i "{--g" i ":linear-gradient(var(--c" (i - 1) % 6 + 1 "),var(--c" (i - 1) % 6 + 1 ")) calc(var(--m) - 1px + " i - 1 "*var(--w)) 0/2px 100% no-repeat}\n" \
            ".w" i "{--g" i ":repeating-linear-gradient(var(--c" (i - 1) % 6 + 1 ") 0 4px,transparent 4px 7px) calc(var(--m) - 4px + " i - 1 "*var(--w)) 0/8px 100% no-repeat}\n"
        all = all (all == "" ? "" : ",") "var(--g" i ",none)"
    }
    return out ".run>li{background:" all "}\n"
}

{
    split("", file_of)
    for (i = 7; i <= NF; i++) {
        name = $i
        sub(/.*\//, "", name)
        file_of[name] = $i
        own_path[i - 6] = $i
    }
    play($1, $2, $3, $4, $5, $6)
}

END {
    while ((status_of = (getline line < skeleton)) > 0) {
        if (line == "@LANES@") printf "%s", lanes_css()
        else if (line == "@NAV@") { if (plays > 1) printf "<nav aria-label=\"Plays\"><ul>\n%s</ul></nav>\n", nav }
        else if (line == "@PLAYS@") printf "%s", body
        else if (line == "@SOURCES@") printf "%s", sources_html()
        else if (index(line, "@TITLE@")) {
            i = index(line, "@TITLE@")
            print substr(line, 1, i - 1) esc(title) substr(line, i + 7)
        } else print line
    }
    if (status_of < 0) {
        print "page: cannot read " skeleton | "cat >&2"
        exit 1
    }
}
