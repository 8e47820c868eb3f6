#!/usr/bin/env bash
# Builds what a guest boots from: OUT/vmlinuz, OUT/initrd.gz, OUT/root.img. As root, with WORK for what is needed meanwhile.
# The system is Debian bookworm; the kernel is that of bookworm-backports, as the cloud and the bookworm kernels lack
# modules (the ALUA device handler, ublk).
#
# usage: build_image.sh MIRROR WORK OUT
set -euo pipefail
mirror=$1 work=$2 out=$3
inside=$(cd "$(dirname "$0")" && pwd)/inside

packages=(kmod udev iproute2 procps lsscsi sg3-utils open-iscsi)
# Modules come with what they depend on. What only exists as part of the kernel is no module, and no error.
boot_modules=(virtio_pci virtio_blk crc32c_generic ext4)
modules=("${boot_modules[@]}" virtio_net virtio_rng 9p 9pnet_virtio
  scsi_mod sd_mod sg scsi_debug scsi_dh_alua scsi_transport_fc scsi_transport_sas
  target_core_mod target_core_file target_core_iblock tcm_loop iscsi_target_mod
  iscsi_tcp libiscsi scsi_transport_iscsi md5 sha1 sha256 crc32c_intel)

mkdir -p "$work" "$out"
cd "$work"
root=$work/root kernel=$work/kernel

say() { printf 'build_image.sh: %s\n' "$*"; }

say "debootstrap"
debootstrap --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" bookworm "$root" "$mirror"

say "kernel"
keyring=$root/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $mirror bookworm-backports main" > backports.list
mkdir -p apt/lists/partial
apt=(-q -o "Dir::Etc::sourcelist=$work/backports.list" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::lists=$work/apt/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root)
apt-get "${apt[@]}" update
# The package with the plain name only points to the one of the day.
image=$(apt-cache "${apt[@]}" depends linux-image-amd64/bookworm-backports | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' |
  head -n 1)
[[ -n $image ]] || { say "bookworm-backports has no linux-image-amd64"; exit 1; }
apt-get "${apt[@]}" download "$image"
dpkg -x "$image"_*.deb "$kernel"
version=$(ls "$kernel/lib/modules")
cp "$kernel/boot/vmlinuz-$version" "$out/vmlinuz"

say "modules of $version"
depmod -b "$kernel" "$version"
files_of() { # MODULE...: their files and those that they need, in the order in which they are loaded
  modprobe -d "$kernel" -S "$version" -a --show-depends "$@" | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++'
}
# modprobe looks for each name; one that does not exist must not be missed later, in the guest.
files_of "${modules[@]}" > module-files
folder=$root/lib/modules/$version
mkdir -p "$folder"
while read -r file; do
  target=$folder/${file#"$kernel/lib/modules/$version/"}
  mkdir -p "${target%/*}"
  cp "$file" "$target"
done < module-files
# Unpacking is slow in an emulated processor.
find "$folder" -name '*.xz' -exec xz -d {} +
cp "$kernel/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$folder"
depmod -b "$root" "$version"

say "initrd"
first=$work/first
mkdir -p "$first"/{bin,proc,sys,dev,root,modules}
cp "$(command -v busybox)" "$first/bin/busybox"
cp "$inside/initrd.sh" "$first/init"
number=100
while read -r file; do
  plain=${file%.xz}
  cp "$folder/${plain#"$kernel/lib/modules/$version/"}" "$first/modules/$number-${plain##*/}"
  number=$((number + 1))
done < <(files_of "${boot_modules[@]}")
chmod +x "$first/init"
(cd "$first" && find . | cpio --quiet -o -H newc) | gzip -1 > "$out/initrd.gz"

say "root file system"
cp "$inside/init.sh" "$root/guest-init"
chmod +x "$root/guest-init"
mkdir -p "$root/share"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale,info}
size_mb=$(($(du -sm "$root" | cut -f 1) * 5 / 4 + 64))
mke2fs -q -t ext4 -O ^has_journal -d "$root" "$out/root.img" "${size_mb}M"
say "done: $(du -m "$out/root.img" | cut -f 1) MB, Linux $version"
