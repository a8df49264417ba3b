#!/bin/bash
# The first process of a node, inside its new namespaces: lays its file systems, then waits and reaps as `hold`.
#   node_init.sh NAME FOLDER BINARIES CONTROLLER...
# The root file system stays the machine's; /var, /run, /proc, /sys and the control groups are the node's own.
set -euo pipefail
name=$1 folder=$2 binaries=$3; shift 3
hostname "$name"
mount --bind "$binaries" "$folder/var/lib/node/bin"
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /sys/fs/cgroup
for controller; do
  mkdir "/sys/fs/cgroup/$controller"
  options=$controller
  [ "$controller" != systemd ] || options=none,name=systemd  # runc looks for it even where there is no systemd
  mount -t cgroup -o "$options" cgroup "/sys/fs/cgroup/$controller"
done
mount -t tmpfs tmpfs /run
mkdir -p /run/lock
mount --rbind "$folder/var" /var
mount --make-rshared /
exec /var/lib/node/bin/hold
