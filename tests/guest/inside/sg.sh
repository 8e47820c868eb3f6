# SCSI devices of the guest's kernel for paths through /dev/sg: scsi_debug, LIO behind loopback adapters under Fibre Channel
# names, and LIO behind the kernel's own iSCSI initiator. Sourced by the scripts that tests run inside.
sg_target=/sys/kernel/config/target
sg_iqn=iqn.2026-11.test.dsmkit:sg

sg_node() { # H:C:T:L: its node, once udev has made it
  local node
  udevadm settle
  node=$(ls "/sys/class/scsi_device/$1/device/scsi_generic" 2> /dev/null) && [ -c "/dev/$node" ] && echo "/dev/$node"
}

sg_debug() { # HOSTS: adapters that all show one LUN, fresh; prints its nodes
  local adapter
  modprobe sg
  modprobe scsi_debug dev_size_mb=64 "add_host=$1" vpd_use_hostno=0
  mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
  for adapter in /sys/bus/pseudo/devices/adapter*/host*/target*/*:*:*:*; do sg_node "${adapter##*/}"; done
}

sg_lun() { # NAME SERIAL: a LUN in memory
  modprobe -a sg target_core_mod
  mkdir -p /var/target/pr /var/target/alua "$sg_target/core/rd_mcp_0/$1"
  echo rd_pages=16384 > "$sg_target/core/rd_mcp_0/$1/control"
  echo "$2" > "$sg_target/core/rd_mcp_0/$1/wwn/vpd_unit_serial"
  echo 1 > "$sg_target/core/rd_mcp_0/$1/enable"
}

sg_group() { # LUN NAME ID STATE: an ALUA target port group
  local group=$sg_target/core/rd_mcp_0/$1/alua/$2
  mkdir -p "$group"
  echo "$3" > "$group/tg_pt_gp_id"
  echo 3 > "$group/alua_access_type"
  echo "$4" > "$group/alua_access_state"
}

sg_loopback() { # LUN NUMBER [GROUP]: an adapter and a target port with Fibre Channel names; prints the node
  local port adapter
  modprobe tcm_loop
  port=$sg_target/loopback/fc.200000000000000$2/tpgt_1
  mkdir -p "$port"
  echo "$2" > "$port/rtpi"
  echo "fc.210000000000000$2" > "$port/nexus"
  mkdir -p "$port/lun/lun_0"
  ln -s "$sg_target/core/rd_mcp_0/$1" "$port/lun/lun_0/disk"
  [ -z "$3" ] || echo "$3" > "$port/lun/lun_0/alua_tg_pt_gp"
  adapter=$(cat "$port/address")
  sg_node "${adapter%:*}:1:0" || sg_node "$adapter:0"
}

sg_portal() { # LUN NUMBER ADDRESS:PORT: a portal of an iSCSI target
  local portal=$sg_target/iscsi/$sg_iqn/tpgt_$2
  modprobe iscsi_target_mod
  mkdir -p "$portal/np/$3" "$portal/lun/lun_0"
  echo 0 > "$portal/attrib/authentication"
  echo 1 > "$portal/attrib/generate_node_acls"
  echo 0 > "$portal/attrib/demo_mode_write_protect"
  ln -s "$sg_target/core/rd_mcp_0/$1" "$portal/lun/lun_0/disk"
  echo 1 > "$portal/enable"
}

sg_login() { # ADDRESS:PORT: the kernel's own initiator logs in there; prints the node
  local session
  modprobe iscsi_tcp
  pgrep -x iscsid > /dev/null || { mkdir -p /run/lock/iscsi && iscsid; }
  iscsiadm -m node -T "$sg_iqn" -p "$1" -o new > /dev/null
  iscsiadm -m node -T "$sg_iqn" -p "$1" -o update -n node.session.timeo.replacement_timeout -v 120
  iscsiadm -m node -T "$sg_iqn" -p "$1" --login > /dev/null
  udevadm settle
  session=$(ls -d /sys/class/iscsi_session/session* | tail -n 1)
  sg_node "$(basename "$(ls -d "$session"/device/target*/*:*:*:*)")"
}
