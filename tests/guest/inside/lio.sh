# A SCSI target in the guest's kernel (LIO), by configfs: one LUN in memory, and portals, each with a target port group of
# iSCSI and hence a relative target port of its own. Sourced by the scripts that tests run inside.
lio=/sys/kernel/config/target
lio_target=iqn.2026-11.test.dsmkit:lio
lio_device=$lio/core/rd_mcp_0/disk
lio_active_optimized=0 lio_active_nonoptimized=1 lio_standby=2 lio_unavailable=3 lio_transitioning=15

lio_lun() { # SIZE-MB
  modprobe -a target_core_mod iscsi_target_mod
  mkdir -p /var/target/pr /var/target/alua
  mkdir -p "$lio/iscsi" "$lio_device"
  echo "rd_pages=$(($1 * 256))" > "$lio_device/control"
  echo 5d50f1ab00000001 > "$lio_device/wwn/vpd_unit_serial"
  echo 1 > "$lio_device/enable"
}

lio_group() { # NAME ID STATE: an ALUA target port group, implicit and explicit
  local group=$lio_device/alua/$1
  mkdir -p "$group"
  echo "$2" > "$group/tg_pt_gp_id"
  echo 3 > "$group/alua_access_type"
  echo "$3" > "$group/alua_access_state"
}

lio_portal() { # NUMBER PORT GROUP
  local portal=$lio/iscsi/$lio_target/tpgt_$1
  mkdir -p "$portal/np/0.0.0.0:$2" "$portal/lun/lun_0"
  # Whoever is not known by name is let in too; see lio_host.
  echo 0 > "$portal/attrib/authentication"
  echo 1 > "$portal/attrib/generate_node_acls"
  echo 0 > "$portal/attrib/demo_mode_write_protect"
  echo 128 > "$portal/attrib/default_cmdsn_depth"
  ln -s "$lio_device" "$portal/lun/lun_0/disk"
  echo "$3" > "$portal/lun/lun_0/alua_tg_pt_gp"
  echo 1 > "$portal/enable"
}

lio_host() { # IQN: an initiator that every portal knows by name, and counts by name
  local portal
  for portal in "$lio/iscsi/$lio_target"/tpgt_*; do
    mkdir -p "$portal/acls/$1/lun_0"
    echo 128 > "$portal/acls/$1/cmdsn_depth"
    ln -s "$portal/lun/lun_0" "$portal/acls/$1/lun_0/disk"
  done
}

lio_portal_off() { echo 0 > "$lio/iscsi/$lio_target/tpgt_$1/enable"; } # sessions end, logins are refused
lio_portal_on() {
  local enable=$lio/iscsi/$lio_target/tpgt_$1/enable
  [[ $(cat "$enable") == 1 ]] || echo 1 > "$enable"
}

lio_commands() { # IQN: how many commands it has sent through each portal
  cat "$lio/iscsi/$lio_target"/tpgt_*/acls/"$1"/lun_0/statistics/scsi_auth_intr/num_cmds
}

lio_set_state() { echo "$2" > "$lio_device/alua/$1/alua_access_state"; } # GROUP STATE: implicit
lio_states() { # GROUP...: its state and who has changed it last, a line each
  local group
  for group in "$@"; do
    echo "$group $(cat "$lio_device/alua/$group/alua_access_state") $(cat "$lio_device/alua/$group/alua_access_status")"
  done
}

lio_reservations() { cat "$lio_device/pr/res_pr_type" "$lio_device/pr/res_pr_registered_i_pts"; }

# Two active/optimized portals, one active/non-optimized, one standby.
lio_four_portals() {
  lio_lun 64
  lio_group optimized 1 $lio_active_optimized
  lio_group nonoptimized 2 $lio_active_nonoptimized
  lio_group standby 3 $lio_standby
  lio_portal 1 3260 optimized
  lio_portal 2 3261 optimized
  lio_portal 3 3262 nonoptimized
  lio_portal 4 3263 standby
}
