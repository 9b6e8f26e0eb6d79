#!/bin/bash
# install.sh BIN DESTDIR PREFIX: puts the built programs and the service files in place.
set -euo pipefail
bin=$1 destdir=$2 prefix=$3
cd "$(dirname "$0")/.."
install -D -m 755 "$bin/tocsind" "$destdir$prefix/bin/tocsind"
install -D -m 755 "$bin/tocsin" "$destdir$prefix/bin/tocsin"
install -D -m 644 systemd/tocsind.service "$destdir$prefix/lib/systemd/system/tocsind.service"
sed -i "s|/usr/bin/tocsind|$prefix/bin/tocsind|" "$destdir$prefix/lib/systemd/system/tocsind.service"
install -D -m 644 systemd/tocsin.sysusers.conf "$destdir$prefix/lib/sysusers.d/tocsin.conf"
install -D -m 644 udev-rules/60-tocsin.rules "$destdir$prefix/lib/udev/rules.d/60-tocsin.rules"
# A configuration that is already there belongs to the site.
[ -e "$destdir/etc/tocsin/tocsin.yaml" ] || install -D -m 640 systemd/tocsin.yaml "$destdir/etc/tocsin/tocsin.yaml"
if [ -z "$destdir" ] && [ -d /run/systemd/system ]; then
    systemd-sysusers
    chgrp tocsin /etc/tocsin/tocsin.yaml
    udevadm control --reload && udevadm trigger --subsystem-match=tty --subsystem-match=hidraw
    systemctl daemon-reload
    echo "installed; edit /etc/tocsin/tocsin.yaml, then: systemctl enable --now tocsind"
fi
