#!/usr/bin/env bash
# Runs the README's two commands on a bare machine: a minimal Debian root file system with the packages that the README lists, a clean copy of the
# checkout, and empty homes for cargo and pip. Needs root, mmdebstrap and rustup; the toolchain is this machine's. Whatever is missing there is the
# README's or the code's fault and is never added here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")
root=$target/ci-bare

# The README's own list: the line after "Debian and Ubuntu".
packages=$(sed --quiet 's/^    apt-get install --no-install-recommends //p' README.md)
[[ -n $packages ]] || { echo "error: README.md has no line \`apt-get install --no-install-recommends …\`"; exit 1; }

# One mount namespace holds all mounts, and they go with it, whatever happens.
if [[ ${BARE_NAMESPACE:-} != 1 ]]; then
    BARE_NAMESPACE=1 exec unshare --mount --propagation private bash "$0" "$@"
fi

rm -rf "$root"
mkdir -p "$root"
# The machine's own sources and keys; `essential` has no compiler, no Python and no git.
release=$(sed --quiet "s/^VERSION_CODENAME=//p" /etc/os-release)
mmdebstrap --quiet --variant=essential --include="ca-certificates,${packages// /,}" "$release" "$root"
echo "bare machine: $(chroot "$root" dpkg-query --show --showformat '${Package}\n' | wc -l) Debian packages, of which README names: $packages"

# cargo comes from rustup, as the README says; here it is the toolchain of this machine, because no other can be downloaded.
toolchain=$(rustc --print sysroot)
mkdir -p "$root/opt/rust" "$root/home/user" "$root/proc" "$root/dev"
mount --bind -o ro "$toolchain" "$root/opt/rust"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
# How this machine reaches its registries: names, and the certificates that it trusts.
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
git clone --quiet --no-hardlinks . "$root/home/user/checkout"

# The registries' settings of this machine, and nothing else of its environment.
settings=(HOME=/home/user PATH=/opt/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8)
while IFS= read -r setting; do
    settings+=("$setting")
done < <(env | grep -E '^(PIP_(INDEX_URL|EXTRA_INDEX_URL|CERT|DEFAULT_TIMEOUT)|https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY|SSL_CERT_FILE|CARGO_HTTP_CAINFO|CARGO_REGISTRIES_.*)=' || true)

run() {
    printf '$ %s\n' "$*"
    local began=$SECONDS
    chroot "$root" env --ignore-environment --chdir=/home/user/checkout "${settings[@]}" "$@"
    printf -- '-- %d s: %s\n' $((SECONDS - began)) "$*"
}

run cargo xtask build --demo
run cargo test
