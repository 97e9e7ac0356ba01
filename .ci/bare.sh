#!/usr/bin/env bash
# Runs the README's two commands on a bare machine: a minimal Debian root file system with the packages that the README lists, a clone of
# HEAD, and empty homes for cargo and pip. Needs root (or sudo), mmdebstrap and rustup; the toolchain is this machine's. A package
# that is missing there is added to the README, or the code does without it; this script never adds one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")
root=$target/ci-bare

# As root in a mount namespace of its own: the mounts go with it, however this ends.
if [[ ${1:-} != --in-namespace ]]; then
    mkdir -p "$target"
    rm -rf "$target/ci-bare-checkout"
    git clone --quiet --no-hardlinks . "$target/ci-bare-checkout"
    sudo=()
    ((EUID == 0)) || sudo=(sudo --non-interactive --preserve-env)
    exec "${sudo[@]}" env BARE_TOOLCHAIN="$(rustc --print sysroot)" unshare --mount --propagation private \
        bash .ci/bare.sh --in-namespace
fi

packages=$(sed --quiet 's/^    apt-get install --no-install-recommends //p' README.md)
if [[ -z $packages ]]; then
    echo "error: README.md has no line \`apt-get install --no-install-recommends PACKAGES\`"
    exit 1
fi

rm -rf --one-file-system "$root"
mkdir -p "$root"
release=$(sed --quiet 's/^VERSION_CODENAME=//p' /etc/os-release)
# The variant has no compiler, no Python and no git. Ubuntu has `python3-venv` in `universe`. Certificates are for the downloads of cargo and pip.
components=main
! grep --quiet '^ID=ubuntu' /etc/os-release || components=main,universe
mmdebstrap --quiet --variant=essential --components="$components" --include="ca-certificates,${packages// /,}" "$release" "$root"
count=$(chroot "$root" dpkg-query --show | wc -l)
echo "a bare machine of $count Debian packages, for README's: $packages"

# cargo comes from rustup, as the README says; it is the toolchain of this machine, because no other can be downloaded everywhere.
mkdir -p "$root/opt/rust" "$root/home/user" "$root/proc" "$root/dev"
mount --bind -o ro "$BARE_TOOLCHAIN" "$root/opt/rust"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
# How this machine reaches its registries: names, and the certificates that it trusts.
cp /etc/resolv.conf /etc/hosts "$root/etc/"
certificates=/etc/ssl/certs/ca-certificates.crt
cp "$certificates" "$root$certificates"
mv "$target/ci-bare-checkout" "$root/home/user/checkout"
chown --recursive 0:0 "$root/home/user/checkout"

# The registries' settings of this machine, and nothing else of its environment.
variables=(HOME=/home/user LANG=C.UTF-8 PATH=/opt/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
settings='^(PIP_(INDEX_URL|EXTRA_INDEX_URL|CERT|DEFAULT_TIMEOUT)|(HTTPS?|NO)_PROXY|(https?|no)_proxy|SSL_CERT_FILE|CARGO_HTTP_CAINFO)='
while IFS= read -r variable; do
    variables+=("$variable")
done < <(env | grep --extended-regexp "$settings" | sed --regexp-extended "s|^(PIP_CERT\|SSL_CERT_FILE\|CARGO_HTTP_CAINFO)=.*|\1=$certificates|" || true)

run() {
    local began=$SECONDS
    printf '$ %s\n' "$*"
    chroot "$root" env --ignore-environment --chdir=/home/user/checkout "${variables[@]}" "$@"
    printf -- '-- %d s\n' $((SECONDS - began))
}

run cargo xtask build --demo
run cargo test

umount --recursive "$root/dev" "$root/proc" "$root/opt/rust"
rm -rf --one-file-system "$root"
