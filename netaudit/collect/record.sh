#!/bin/sh
# Record this host's Netfilter rules, Docker's inventory and the facts around them, with the host's own programs.
#
#     sh record.sh FOLDER    makes FOLDER and FOLDER.tar.gz
#     sh record.sh -         writes the .tar.gz to standard output
#
# It reads only. It loads no kernel module and creates no table. Of Docker it asks named fields, never environments or
# commands; of labels only waivers (netaudit.waive.*), of mounts only those of Docker's socket. What cannot be seen is a
# gap, told in recording.json. Read the result with `netaudit show FOLDER`.
set -u
umask 077
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin:/usr/local/sbin"
[ $# = 1 ] || { echo "usage: sh record.sh FOLDER | -" >&2; exit 2; }
[ "$1" = - ] || [ ! -e "$1" ] || { echo "record.sh: $1 is there already" >&2; exit 3; }
[ "$1" = - ] && out=${TMPDIR:-/tmp}/netaudit || out=$1
work=$out.part.$$
mkdir "$work" || exit 3
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT HUP TERM
files=$work/files
mkdir "$files" "$work/gaps" || exit 3
limit=
timeout 5 true 2>/dev/null && limit="timeout @TIMEOUT@"

gap() { # FILE REASON DETAIL
    printf '{"source":"%s","reason":"%s","detail":"%s"}\n' "$1" "$2" \
        "$(printf '%s' "$3" | head -n 1 | tr -cd ' -~' | sed 's/[\\"]/\\&/g')" >"$work/gaps/$1.$2.gap"
}

unused() { rm -f "$files/$1"; echo "$1" >"$work/gaps/$1.unused"; }

forget() { rm -f "$work/gaps/$1".*; }

there() { # MODULE: using it loads nothing
    [ -r /proc/modules ] && [ -r "/lib/modules/$(uname -r)/modules.builtin" ] || return 0
    grep -q "^$1 " /proc/modules || grep -q "/$1.ko" "/lib/modules/$(uname -r)/modules.builtin"
}

found() { # PROGRAM: its path; a shell such as busybox may have a lesser one of that name inside
    (IFS=:; for folder in $PATH; do [ -x "$folder/$1" ] && echo "$folder/$1" && exit 0; done; exit 1)
}

say() { # FILE PROGRAM...: keep what the program prints; else say why not
    file=$1
    shift
    forget "$file"
    program=$(found "$1") || { gap "$file" absent "$1 is not installed"; return 1; }
    name=$1
    shift
    $limit "$program" "$@" >"$files/$file" 2>"$work/complaint" </dev/null
    code=$?
    [ $code = 0 ] && return 0
    rm -f "$files/$file"
    case $code in
    124 | 143) gap "$file" timeout "$name did not end in time" ;;
    *) if grep -qiE 'permission denied|you must be root|operation not permitted' "$work/complaint"; then
        gap "$file" denied "$name: $(cat "$work/complaint")"
    elif [ $code -gt 128 ]; then
        gap "$file" crashed "$name ended by signal $((code - 128))"
    else
        gap "$file" crashed "$name ended with code $code: $(cat "$work/complaint")"
    fi ;;
    esac
    return 1
}

filled() { # FILE: a program that always prints something printed nothing
    [ ! -f "$files/$1" ] || [ -s "$files/$1" ] || { rm "$files/$1"; gap "$1" empty "it printed nothing"; }
}

save() { # FAMILY KIND FILE: `iptables-nft-save -c`, or `iptables-save -c` where that is of this kind
    saver=$1-$2-save
    if ! found "$saver" >/dev/null && found "$1-save" >/dev/null; then
        "$1-save" --version 2>/dev/null </dev/null | grep -q nf_tables && kind=nft || kind=legacy
        [ $kind = "$2" ] && saver=$1-save
    fi
    say "$3" "$saver" -c
}

rules() {
    if there nf_tables; then
        say nft-ruleset.json nft -j list ruleset
        filled nft-ruleset.json
        for family in ip ip6; do
            save ${family}tables nft ${family}tables-save.txt
            # Without the program, and without a table such as it makes, there is nothing that it could show.
            [ -f "$work/gaps/${family}tables-save.txt.absent.gap" ] && [ -f "$files/nft-ruleset.json" ] &&
                ! grep -q '"xt"' "$files/nft-ruleset.json" && { forget ${family}tables-save.txt; unused ${family}tables-save.txt; }
        done
    else
        for file in nft-ruleset.json iptables-save.txt ip6tables-save.txt; do unused $file; done
    fi
    for family in ip ip6; do # a legacy table that is not there must not be opened: that would create it
        file=${family}tables-legacy-save.txt
        if [ -e /proc/net/${family}_tables_names ] && [ ! -r /proc/net/${family}_tables_names ]; then
            gap $file denied "/proc/net/${family}_tables_names: Permission denied"
        elif [ -n "$(cat /proc/net/${family}_tables_names 2>/dev/null)" ]; then
            save ${family}tables legacy $file
        else
            unused $file
        fi
    done
}

inspect() { # FILE KIND TEMPLATE LIST...: one JSON array, oldest first
    file=$1 kind=$2 template=$3
    shift 3
    say "$file" docker "$@" || return
    mv "$files/$file" "$work/ids"
    # A field that this version of the engine lacks is null: it is left out; no added capability is null in any.
    xargs -n 100 docker "$kind" inspect --format "$template" <"$work/ids" 2>"$work/complaint" |
        sed 's/"CapAdd":null/"CapAdd":[]/g; s/"[A-Za-z0-9]*":null,//g; s/,"[A-Za-z0-9]*":null//g; s/{"[A-Za-z0-9]*":null}/{}/g' | sort >"$work/objects"
    gone=$(grep -ci 'no such' "$work/complaint") # what vanished since it was listed is no longer part of the inventory
    if [ $(($(wc -l <"$work/objects") + gone)) -lt "$(wc -l <"$work/ids")" ]; then
        gap "$file" crashed "docker: $(grep -vi 'no such' "$work/complaint")"
    else
        { echo '['; sed '$!s/$/,/' "$work/objects"; echo ']'; } >"$files/$file"
    fi
}

elsewhere() { # why this engine's containers have no rules here; nothing where they may have
    url=${DOCKER_HOST:-$($limit docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null </dev/null)}
    case ${url:-unix:} in
    unix:*) [ -n "$(dockerds)" ] || [ -z "$(foreign=yes dockerds)" ] ||
        echo "this engine is in another network namespace, where its rules are" ;;
    tcp://* | http://* | https://*)
        name=${url#*://} name=${name%%/*} name=${name%:*} name=${name#[} name=${name%]}
        case $name in localhost | 127.* | ::1) return ;; esac
        known=$(getent ahosts "$name" 2>/dev/null | sed 's/ .*//')
        for address in ${known:-$name}; do
            ip -o addr 2>/dev/null | grep -qF " $address/" && return
        done
        echo "$url: this engine is on another host, whose containers have no rules here" ;;
    *) echo "$url: this engine is on another host, whose containers have no rules here" ;;
    esac
}

objects() {
    [ -z "$why_elsewhere" ] || return
    inspect docker-containers.json container '@CONTAINER@' ps -aq --no-trunc
    inspect docker-networks.json network '@NETWORK@' network ls -q --no-trunc
}

engine() {
    why_elsewhere=$(elsewhere)
    if [ -n "$why_elsewhere" ]; then
        for file in version info containers networks; do gap docker-$file.json absent "$why_elsewhere"; done
        return
    fi
    say docker-version.json docker version --format '@VERSION@'
    base='@INFO@'
    bridge='"BridgeNfIptables":{{json .BridgeNfIptables}},"BridgeNfIp6tables":{{json .BridgeNfIP6tables}},'
    backend='"FirewallBackend":{{json .FirewallBackend}},'
    for more in "$bridge$backend" "$backend" "$bridge" ''; do # which of them there are depends on the version
        say docker-info.json docker info --format "{$more$base}" && break
    done
}

dockerds() { # the folders in /proc of those in this network namespace; with $foreign, of those in others
    here=$(readlink /proc/self/ns/net)
    for comm in /proc/[0-9]*/comm; do
        [ "$(cat "$comm" 2>/dev/null)" = dockerd ] && space=$(readlink "${comm%comm}ns/net") || continue
        [ "$space" = "$here" ] && kind= || kind=yes
        [ "$kind" != "${foreign:-}" ] || echo "${comm%/comm}"
    done
}

daemon() {
    forget dockerd-argv.txt
    forget daemon.json
    set -- $(dockerds)
    if [ $# != 1 ] || [ -n "$why_elsewhere" ]; then
        why=absent detail=${why_elsewhere:-no dockerd can be seen in this network namespace}
        [ $# = 0 ] || [ -n "$why_elsewhere" ] || why=partial detail="several dockerd run here: which one serves?"
        gap dockerd-argv.txt $why "$detail"
        gap daemon.json $why "$detail"
        return
    fi
    tr '\0' '\n' <"$1/cmdline" | hide >"$files/dockerd-argv.txt"
    config=$(sed -n '/^--config-file$/{n;p;};s/^--config-file=//p' "$files/dockerd-argv.txt")
    config=${config:-/etc/docker/daemon.json}
    if [ ! -e "$1/root$config" ]; then
        unused daemon.json
    elif [ "$(tr -cd '{' <"$1/root$config")" = '{' ]; then # flat: its options can be told apart without a parser
        { echo '{'; options <"$1/root$config" | sed '$!s/$/,/'; echo '}'; } >"$files/daemon.json"
    elif found jq >/dev/null; then
        say daemon.json jq 'with_entries(select(.key | test("^(@KEYS@)$")))' "$1/root$config"
    else
        gap daemon.json partial "it is nested and may hold secrets: install jq, which can tell them apart"
    fi
}

hide() { # the value of every option that is not known to be harmless
    secret=
    while IFS= read -r word; do
        case $word in
        @OPTIONS@) secret= ;;
        --*=*) word="${word%%=*}=…" secret= ;;
        --*) secret=yes ;;
        -*) secret= ;;
        *) [ -n "$secret" ] && word=… secret= ;;
        esac
        printf '%s\n' "$word"
    done
}

options() { # of a flat daemon.json, those that decide about rules
    tr -d '\n' | sed 's/\[[^]]*\]/[]/g' | tr ',{}' '\n\n\n' | sed 's/^[[:space:]]*//; s/[[:space:]]*$//' |
        grep -E '^"(@KEYS@)"[[:space:]]*:[[:space:]]*("[^"]*"|true|false|[0-9]+)$'
}

switches() {
    forget sysctl.txt
    (cd /proc/sys && for path in @SWITCHES@; do
        value=$(cat "$path" 2>/dev/null) && printf '%s = %s\n' "$(echo "$path" | tr './' '/.')" "$value"
    done | sort) >"$files/sysctl.txt"
    filled sysctl.txt
}

host() {
    say ip-addr.json ip -j -d addr
    filled ip-addr.json
    say ip-route.json ip -j route show table all
    say ip6-route.json ip -6 -j route show table all
    # ss looks into /proc where asking the kernel would load a module
    there tcp_diag && there udp_diag && there inet_diag || export PROC_ROOT=/proc
    say sockets.txt ss -lntupH
    [ "$(id -u)" = 0 ] || [ ! -f "$files/sockets.txt" ] ||
        gap sockets.txt partial "the programs behind other users' sockets are not shown; run as root"
    switches
}

marks() { # what of rules and inventory stays the same while nothing is changed
    for file in "$files"/*tables*save.txt "$files"/nft-ruleset.json "$files"/docker-*s.json; do
        [ ! -f "$file" ] || sed '/^#/d; s/\[[0-9]*:[0-9]*\]//g; s/"\(handle\|packets\|bytes\|used\|expires\)": *[0-9]*//g' "$file" |
            cksum | sed "s|\$| ${file##*/}|"
    done
}

listed() { # SUFFIX: the gaps of that kind, comma-separated
    cat "$work/gaps"/*."$1" 2>/dev/null | sed "$2" | tr '\n' ',' | sed 's/,$//'
}

engine
daemon
objects
rules
before=$(marks)
attempt=1
while [ $attempt -le 10 ]; do # rules and inventory are of one instant where two readings agree
    taken_at=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    host
    objects
    rules
    now=$(marks)
    [ "$now" = "$before" ] && break
    moved=$(printf '%s\n%s\n' "$before" "$now" | sort | uniq -u | sed 's/.* //' | sort -u)
    before=$now
    attempt=$((attempt + 1))
done
[ $attempt -le 10 ] || for file in $moved; do
    gap "$file" inconsistent "it changed while the host was read, at each of 10 attempts"
done

cd "$files" || exit 3
sums=
command -v sha256sum >/dev/null && sums=$(sha256sum -- * | sed 's/^\([0-9a-f]*\) [ *]\(.*\)$/"\2":"\1"/' | tr '\n' ',')
cat >"$work/recording.json" <<END
{"format":1,"netaudit":"@RELEASE@","host":"$(uname -n)","taken_at":"$taken_at",
"gaps":[$(listed gap "")],
"unused":[$(listed unused 's/.*/"&"/')],
"sha256":{${sums%,}}}
END
mv "$work/recording.json" .
tar -cf - recording.json [!r]* | gzip -n >"$work/recording.tar.gz" || exit 3
if [ "$1" = - ]; then
    cat "$work/recording.tar.gz"
else
    cd - >/dev/null && mv "$files" "$1" && mv "$work/recording.tar.gz" "$1.tar.gz" && echo "$1"
fi
