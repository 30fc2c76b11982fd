#!/bin/sh
# Install what the tests run beside Python: as root on Debian by itself, elsewhere it says what is wanted. A test
# whose program is missing then skips, or fails where CI is set. Arguments are further packages.
set -eu

packages="postgresql postfix chromium libatomic1 libfaketime fonts-dejavu-core fonts-noto-core fonts-noto-color-emoji \
    opendkim spamassassin rspamd dovecot-imapd dovecot-lmtpd newsboat $*"

if ! command -v apt-get >/dev/null; then
    echo "The tests want PostgreSQL 15 or newer, Postfix, Dovecot, opendkim, SpamAssassin, rspamd, Chromium,"
    echo "newsboat, libfaketime, and the DejaVu and Noto fonts here."
    exit 0
fi

missing=
for package in $packages; do
    dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "The tests want more than is on this machine: sudo apt-get install --no-install-recommends$missing"
    exit 0
fi

echo "Installing for the tests:$missing"
export DEBIAN_FRONTEND=noninteractive
# The tests start servers of their own: none of the machine's is to be set up, or to run, because of them.
echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    trap 'rm -f $policy' EXIT
fi
apt-get update -qq
# shellcheck disable=SC2086 # a list of names
apt-get install -qq --no-install-recommends $missing </dev/null >/dev/null
