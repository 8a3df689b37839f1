# mqueue.sh - let POSIX message queues be seen, which only /dev/mqueue lists. For
# the scripts that look what is left of killed programs: classroom, faults, orders.
#
# Where that is not mounted, the queues of the killed would be passed over, and add
# up until the system has no room for one (fs.mqueue.queues_max: often 256).
# shellcheck shell=sh
# see_queues SCRIPT ARG...: if it is not, and we may, start again with it mounted, for
#   us and our children alone (mount_namespaces(7)). Not 0: they cannot be seen.
see_queues() {
  ! grep -q ' /dev/mqueue mqueue ' /proc/mounts || return 0
  [ -d /dev/mqueue ] && unshare -m mount -t mqueue none /dev/mqueue 2>/dev/null ||
    return 1
  exec unshare -m sh -c 'mount -t mqueue none /dev/mqueue && exec "$@"' - "$@"
}
