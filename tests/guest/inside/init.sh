#!/bin/bash
# The guest's init: the least that its tests need, then jobs. A job is a number on the second serial port: it runs
# /share/jobs/NUMBER/script, and `NUMBER EXIT-CODE` goes back. Jobs run side by side. The console is the first serial port.
export PATH=/share/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mount -t tmpfs tmp /run
mount -t tmpfs tmp /tmp
mkdir -p /dev/pts /dev/shm /run/lock
mount -t devpts pts /dev/pts
mount -t tmpfs shm /dev/shm
modprobe -a 9pnet_virtio 9p virtio_net virtio_rng configfs
mount -t configfs config /sys/kernel/config
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=none share /share || echo "the share cannot be mounted"
hostname guest
ip link set lo up
# What QEMU's user network gives to the first guest.
ip link set eth0 up && ip addr add 10.0.2.15/24 dev eth0 && ip route add default via 10.0.2.2
/lib/systemd/systemd-udevd --daemon --resolve-names=never

stty -F /dev/ttyS1 raw -echo
exec 3<> /dev/ttyS1
echo "up $(uname -r)" >&3
while read -r job <&3; do
  (
    cd /tmp || exit
    bash "/share/jobs/$job/script" > "/share/jobs/$job/output" 2>&1 < /dev/null 3>&-
    echo "$job $?" >&3
  ) &
done
