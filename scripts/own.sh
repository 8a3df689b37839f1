# own.sh - the user's own programs: for record, step and panes in scripts/, which
# read it in. It uses $build (a path from /) and leaves the current folder alone.
# shellcheck shell=sh disable=SC2154,SC2034 # $build and $arguments are of who reads this

# own_compile ITEM NUMBER: the source is compiled as the makefile does it; the
# program's path is then in $program, what follows the source's name (`chat.c 0`)
# in $arguments. It lies below $build, so that `make why` knows it, in a folder of
# this run and of its NUMBER: two sources may have one name, and two runs may be
# made at once. Status 2: there is no such file.
own_compile() {
  source=$1 arguments=
  [ -f "$source" ] || case $1 in
    *.c\ *) source=${1%%.c *}.c arguments=${1#*.c } ;;
  esac
  if ! [ -f "$source" ]; then
    echo "${0##*/}: there is no file $source (several: a.c,b.c; with arguments: 'a.c 0,b.c 1')" >&2
    return 2
  fi
  program=${source##*/}
  program=$build/own/$$/$2/${program%.c}
  mkdir -p "$build/own/$$/$2" || return 1
  # A printf(3) stays one, also where the compiler knows better.
  # shellcheck disable=SC2086 # flags are words
  if ! ${CC:-cc} ${CPPFLAGS-} ${CFLAGS:--O0} -g -fno-optimize-sibling-calls \
    -fno-builtin -o "$program" "$source" ${LDFLAGS-} ${LDLIBS--lm}; then
    echo "${0##*/}: $source does not compile" >&2
    ! grep -q 'union semun' "$source" ||
      echo "${0##*/}: semctl(2) wants the caller to define union semun" >&2
    return 1
  fi
}

# own_name NUMBER: what $program is called among those that were named before: the
# NUMBER follows if one of them has its name. It is then in $name.
own_names=' '
own_name() {
  name=${program##*/}
  case $own_names in *" $name "*) name=$name$1 ;; esac
  own_names="$own_names$name "
}

# own_keys FOLDER: what has been left under keys made of it goes: ftok(3) puts its
# device and inode into each.
own_keys() {
  # shellcheck disable=SC2046 # two numbers
  set -- $(stat -c '%d %i' "$1")
  cat /proc/sysvipc/msg /proc/sysvipc/sem /proc/sysvipc/shm 2>/dev/null |
    LC_ALL=C awk -v ours=$((($1 & 255) << 16 | ($2 & 65535))) '
      $1 == "key" { kind = $2; next }
      ($1 < 0 ? $1 + 4294967296 : $1) % 16777216 == ours { print kind, $2 }' |
    while read -r kind id; do
      case $kind in
        msqid) ipcrm -q "$id" ;;
        semid) ipcrm -s "$id" ;;
        shmid) ipcrm -m "$id" ;;
      esac
    done 2>/dev/null
}

# own_remove [FOLDER]: the programs go, and the folder in which they have played,
# with what they have left under its keys.
own_remove() {
  rm -rf -- "$build/own/$$"
  [ $# = 1 ] || return 0
  own_keys "$1"
  rm -rf -- "$1"
}

# there_now: the objects that there are, a line each: msg:ID, psem:/NAME ... What
# somebody's program uses under a fixed name, and was there before, is not its mess.
there_now() {
  for kind in msg sem shm; do
    [ ! -r /proc/sysvipc/$kind ] ||
      awk -v kind=$kind 'FNR > 1 { print kind ":" $2 }' /proc/sysvipc/$kind
  done
  for file in /dev/shm/* /dev/mqueue/*; do
    case $file in
      */'*') ;;
      /dev/mqueue/*) printf '%s\n' "mq:/${file##*/}" "mqueue:/${file##*/}" ;;
      /dev/shm/sem.*) echo "psem:/${file#/dev/shm/sem.}" ;;
      *) echo "pshm:/${file##*/}" ;;
    esac
  done
}
