#!/bin/busybox sh
# The guest's first process: finds the root file system and goes there.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module"; done
tries=0
while [ ! -b /dev/vda ] && [ "$tries" -lt 200 ]; do
  sleep 0.05
  tries=$((tries + 1))
done
if ! mount -t ext4 -o noatime /dev/vda /root; then
  echo "the root file system cannot be mounted"
  poweroff -f
fi
for folder in dev proc sys; do mount --move "/$folder" "/root/$folder"; done
exec switch_root /root /guest-init
