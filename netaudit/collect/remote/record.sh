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
own=$PATH
[ "$(id -u)" != 0 ] || own=@FOLDERS@:$PATH # root's programs are those of the system
export LC_ALL=C PATH="$own:/usr/sbin:/sbin:/usr/local/sbin"
[ $# = 1 ] || { echo "usage: sh record.sh FOLDER | -" >&2; exit 2; }
[ "$1" = - ] || [ ! -e "$1" ] || { echo "record.sh: $1 is there already" >&2; exit 3; }
[ "$1" = - ] && out=${TMPDIR:-/tmp}/netaudit || out=$1
case $out in /*) ;; *) out=$PWD/$out ;; esac # we go into it
work=$out.part.$$
mkdir "$work" || exit 3
running=
trap 'rm -rf "$work"; [ -z "$running" ] || kill -9 "$running" 2>/dev/null' EXIT
trap 'exit 130' INT HUP TERM
files=$work/files
mkdir "$files" "$work/gaps" || exit 3
# What a program prints goes to a file, and no file gets larger than this; ulimit counts in units of 512 bytes.
most=268435456
most_of_all=536870912 # what all files hold; the one that goes beyond it is a gap
ulimit -f $((most / 512)) 2>/dev/null
trap '' XFSZ 2>/dev/null

watched() { # PROGRAM...: end it after the time limit, on a host that has no program for that
    {
        "$@" <&3 2>&5 3<&- 5>&- &
        running=$!
        (
            exec >/dev/null 2>&1 3<&- 5>&-
            sleeping=
            trap - EXIT
            trap 'kill $sleeping; exit' TERM
            sleep @TIMEOUT@ &
            sleeping=$!
            wait $sleeping
            : >"$work/late"
            kill -9 $running
        ) &
        watching=$!
        wait $running
        code=$?
        running=
        kill $watching
        wait $watching
    } 3<&0 5>&2 2>/dev/null
    [ ! -e "$work/late" ] || code=124
    rm -f "$work/late"
    return $code
}

limit=watched
for way in 'timeout -k 2' timeout 'busybox timeout -k 2' 'busybox timeout' 'timeout -t' 'busybox timeout -t'; do
    $way 5 true 2>/dev/null && limit="$way @TIMEOUT@" && break
done

is_late() { # CODE: is it the one of a program that was ended because of its time
    case $1 in 124 | 137 | 143) return 0 ;; *) return 1 ;; esac
}

gap() { # FILE REASON DETAIL: of an address such as tcp://user:password@host the credentials are left out
    printf '{"source":"%s","reason":"%s","detail":"%s"}\n' "$1" "$2" \
        "$(printf '%s' "$3" | head -n 1 | tr -cd ' -~' | cut -c 1-500 | sed 's,://[^ ]*@,://,g; s/[\\"]/\\&/g')" >"$work/gaps/$1.$2.gap"
}

complaint() { # the beginning of what a program complained
    head -c 4096 "$work/complaint" | tr -d '\0'
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

fits() { # FILE: is there room for it beside the others? else it is removed
    sum=0
    for one in "$files"/*; do sum=$((sum + $(wc -c <"$one"))); done
    [ $sum -le $most_of_all ] || { rm -f "$files/$1" && return 1; }
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
    if [ "$(wc -c <"$files/$file")" -ge $most ]; then
        gap "$file" invalid "$name printed more than $((most >> 20)) MiB"
    elif ! fits "$file"; then
        gap "$file" invalid "all files hold more than $((most_of_all >> 20)) MiB"
    elif [ $code = 0 ]; then
        return 0
    elif is_late $code; then
        gap "$file" timeout "$name did not end in time"
    elif complaint | grep -qiE 'permission denied|you must be root|operation not permitted'; then
        gap "$file" denied "$name: $(complaint)"
    elif [ $code -gt 128 ]; then
        gap "$file" crashed "$name ended by signal $((code - 128))"
    else
        gap "$file" crashed "$name ended with code $code: $(complaint)"
    fi
    rm -f "$files/$file"
    return 1
}

filled() { # FILE: a program that always prints something printed nothing
    [ ! -f "$files/$1" ] || [ -s "$files/$1" ] || { rm "$files/$1"; gap "$1" empty "it printed nothing"; }
}

save() { # FAMILY KIND FILE: `iptables-nft-save -c`, or `iptables-save -c` where that is of this kind
    saver=$1-$2-save
    if ! found "$saver" >/dev/null && found "$1-save" >/dev/null; then
        $limit "$1-save" --version >"$work/version" 2>/dev/null </dev/null
        grep -q nf_tables "$work/version" && kind=nft || kind=legacy
        [ $kind = "$2" ] && saver=$1-save
    fi
    say "$3" "$saver" -c
}

rules() {
    if there nf_tables; then
        say nft-ruleset.json nft -j list ruleset
        filled nft-ruleset.json
        say nft-tables.json nft -j list tables
        for family in ip ip6; do
            save ${family}tables nft ${family}tables-save.txt
            # Without the program, and without a table such as it makes, there is nothing that it could show.
            [ -f "$work/gaps/${family}tables-save.txt.absent.gap" ] && [ -f "$files/nft-ruleset.json" ] &&
                ! grep -q '"xt"' "$files/nft-ruleset.json" && { forget ${family}tables-save.txt; unused ${family}tables-save.txt; }
        done
    else
        for file in nft-ruleset.json nft-tables.json iptables-save.txt ip6tables-save.txt; do unused $file; done
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
    grep -E '^[0-9A-Za-z][0-9A-Za-z_.-]*$' "$files/$file" >"$work/ids"
    rm -f "$files/$file" "$work/objects" "$work/complaints"
    reason=crashed
    xargs -n 100 <"$work/ids" >"$work/batches"
    while read -r batch; do # $batch is many words
        [ -z "$batch" ] || $limit docker "$kind" inspect --format "$template" $batch >"$work/part" 2>"$work/complaint" </dev/null
        code=$?
        # A field that this version of the engine lacks is null: it is left out; no added capability is null in any.
        [ ! -f "$work/part" ] || grep '^{.*}$' "$work/part" |
            sed 's/"CapAdd":null/"CapAdd":[]/g; s/"[A-Za-z0-9]*":null,//g; s/,"[A-Za-z0-9]*":null//g; s/{"[A-Za-z0-9]*":null}/{}/g' >>"$work/objects"
        is_late $code && { echo "inspect did not end in time" >"$work/complaints" && reason=timeout && break; }
        complaint >>"$work/complaints"
    done <"$work/batches"
    inspected "$file"
}

inspected() { # FILE: keep what could be inspected, and say how much could not
    touch "$work/objects" "$work/complaints"
    all=$(wc -l <"$work/ids") had=$(wc -l <"$work/objects")
    gone=$(grep -ci 'no such' "$work/complaints") # what vanished since it was listed is no longer part of the inventory
    lost=$((all - had - gone)) why="docker: $(grep -vi 'no such' "$work/complaints")"
    if [ $lost -gt 0 ] && [ "$had" -eq 0 ]; then
        gap "$1" $reason "$why"
        return
    fi
    { echo '['; sort "$work/objects" | sed '$!s/$/,/'; echo ']'; } >"$files/$1"
    fits "$1" || { gap "$1" invalid "all files hold more than $((most_of_all >> 20)) MiB"; return; }
    [ $lost -le 0 ] || gap "$1" partial "$lost of $((all)) could not be read: $why"
}

elsewhere() { # why this engine's containers have no rules here; nothing where they may have
    url=${DOCKER_HOST:-}
    if [ -z "$url" ] && found docker >/dev/null; then
        $limit docker context inspect --format '{{.Endpoints.docker.Host}}' >"$work/url" 2>/dev/null </dev/null
        url=$(head -c 4096 "$work/url" | tr -cd ' -~\n' | head -n 1)
    fi
    case ${url:-unix:} in
    unix:*) [ -n "$(dockerds)" ] || [ -z "$(foreign=yes dockerds)" ] ||
        echo "this engine is in another network namespace, where its rules are" ;;
    tcp://* | http://* | https://*)
        name=${url#*://} name=${name%%/*} name=${name%:*} name=${name#[} name=${name%]}
        case $name in localhost | 127.* | ::1) return ;; esac
        $limit getent ahosts "$name" >"$work/known" 2>/dev/null </dev/null
        $limit ip -o addr >"$work/own" 2>/dev/null </dev/null
        known=$(head -c 4096 "$work/known" | sed 's/ .*//')
        for address in ${known:-$name}; do
            grep -qF " $address/" "$work/own" && return
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
    info
}

info() { # how many containers there are is in it: it is asked again when they have been listed
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
        [ "$(cat "$comm" 2>/dev/null | tr -d '\0')" = dockerd ] && space=$(readlink "${comm%comm}ns/net") || continue
        [ "$space" = "$here" ] && kind= || kind=yes
        [ "$kind" != "${foreign:-}" ] || ! may_be_engine "${comm%/comm}" || echo "${comm%/comm}"
    done
}

may_be_engine() { # PROCESS: anybody may call a process dockerd; this one is root's or ours, and not in a container
    [ "$(readlink "$1/ns/pid")" = "$(readlink /proc/self/ns/pid)" ] && [ ! -u "$1/exe" ] && [ ! -g "$1/exe" ] || return 1
    grep -qE "^Uid:([[:space:]]+$(id -u)){4}" "$1/status" && [ "$(id -u)" != 0 ] && return 0
    powers=$(sed -n 's/^CapEff:[[:space:]]*//p' "$1/status") # of which two are needed: NET_ADMIN and SYS_ADMIN
    grep -qE '^Uid:([[:space:]]+0){4}' "$1/status" && [ $((0x${powers:-0} & 0x201000)) = $((0x201000)) ]
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
    head -c 262145 "$1/cmdline" >"$work/cmdline" 2>/dev/null
    size=$(wc -c <"$work/cmdline")
    if [ "$size" -eq 0 ] || [ "$size" -gt 262144 ]; then
        gap dockerd-argv.txt invalid "dockerd has no arguments, or too many"
        gap daemon.json invalid "dockerd has no arguments, or too many"
        return
    fi
    tr '\001-\037\177' ' ' <"$work/cmdline" | tr '\0' '\n' | hide | sed 's,://.*@,://…@,' >"$files/dockerd-argv.txt"
    config=$(sed -n '/^--config-file$/{n;p;};s/^--config-file=//p' "$files/dockerd-argv.txt" | tail -n 1)
    config=${config:-/etc/docker/daemon.json}
    case $config in /*) ;; *) config=$(readlink "$1/cwd")/$config ;; esac
    configuration "$1" "$config"
}

configuration() { # PROCESS PATH: daemon.json as dockerd sees it
    place=$1/root$2 other=
    [ "$(readlink "$1/ns/mnt")" = "$(readlink /proc/self/ns/mnt)" ] || other=yes
    if { [ -n "$other" ] || [ "$(readlink "$1/root")" != / ]; } && linked "$1" "$2"; then
        gap daemon.json partial "$2: dockerd has a root of its own, and its links are not followed there"
        return
    fi
    rm -f "$work/config"
    if [ ! -e "$place" ]; then
        unused daemon.json
    elif [ ! -f "$place" ]; then
        gap daemon.json invalid "$2: is not a regular file"
    elif ! $limit head -c 1048577 "$place" >"$work/config" 2>/dev/null </dev/null; then
        gap daemon.json denied "$2: it cannot be read"
    elif [ "$(wc -c <"$work/config")" -gt 1048576 ]; then
        gap daemon.json invalid "$2: holds more than 1 MiB"
    else
        settings
    fi
    [ -z "$other" ] || { [ ! -e "$2" ] && [ ! -e "$place" ]; } || { [ -f "$2" ] && cmp -s "$work/config" "$2"; } ||
        gap daemon.json partial "$2 was looked for where dockerd sees it, in another mount namespace: here it is another file"
}

linked() { # PROCESS PATH: tell whether a part of the path leads elsewhere; for us it would begin at our own root
    (
        at=$1/root IFS=/
        set -f
        for part in $2; do
            at=$at/$part
            [ ! -L "$at" ] && [ "$part" != .. ] || exit 0
        done
        exit 1
    )
}

settings() { # keep what decides about rules
    if [ "$(tr -cd '{' <"$work/config")" = '{' ]; then # flat: its options can be told apart without a parser
        { echo '{'; options <"$work/config" | sed '$!s/$/,/'; echo '}'; } >"$files/daemon.json"
    elif found jq >/dev/null; then
        say daemon.json jq 'with_entries(select(.key | test("^(@KEYS@)$")))' "$work/config" &&
            sed 's,://[^"]*@,://…@,g' "$files/daemon.json" >"$work/config" && mv "$work/config" "$files/daemon.json"
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

policy() { # FILE PROGRAM...: a kernel without policy rules, or without the family, refuses to list them
    say "$@" || { complaint | grep -q 'not supported' && forget "$1" && unused "$1"; }
}

lists() { # what rules of iptables look addresses up in
    forget ipset-save.txt
    if cat "$files"/*tables*save.txt 2>/dev/null | grep -qE -e '--match-set |--map-set | SET --'; then
        say ipset-save.txt ipset save
    else
        unused ipset-save.txt
    fi
    forget xt-recent.txt
    (cd /proc/net/xt_recent 2>/dev/null && for one in *; do
        [ ! -f "$one" ] || { echo "list $one"; cat "$one"; }
    done) >"$files/xt-recent.txt"
    [ -s "$files/xt-recent.txt" ] || unused xt-recent.txt
}

host() {
    say ip-addr.json ip -j -d addr
    filled ip-addr.json
    say ip-route.json ip -j route show table all
    say ip6-route.json ip -6 -j route show table all
    policy ip-rule.json ip -j rule show
    policy ip6-rule.json ip -6 -j rule show
    forget resolv.conf
    grep '^nameserver' /etc/resolv.conf >"$files/resolv.conf" 2>/dev/null || unused resolv.conf
    # ss looks into /proc where asking the kernel would load a module
    there tcp_diag && there udp_diag && there inet_diag || export PROC_ROOT=/proc
    say sockets.txt ss -lntupH
    powers=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status) # DAC_OVERRIDE or DAC_READ_SEARCH, and SYS_PTRACE
    { [ $((0x${powers:-0} & 0x80000)) != 0 ] && [ $((0x${powers:-0} & 6)) != 0 ]; } || [ ! -f "$files/sockets.txt" ] ||
        gap sockets.txt partial "the programs behind other users' sockets are not shown; run as root"
    groups
    switches
}

groups() { # the control groups of programs that listen, where a container is in the host's network
    forget cgroups.txt
    grep -qs '"NetworkMode":"host"' "$files/docker-containers.json" || { unused cgroups.txt; return; }
    {
        tr ',' '\n' <"$files/sockets.txt" | sed -n 's/^pid=\([0-9]\{1,9\}\)$/\1/p'
        grep -E '"NetworkMode":"(host"|container:)' "$files/docker-containers.json" | tr ',{' '\n\n' | sed -n 's/^"Pid":\([0-9]\{1,9\}\).*/\1/p'
    } 2>/dev/null | sort -nu | while read -r pid; do
        head -c 65536 "/proc/$pid/cgroup" 2>/dev/null | sed "s/^/$pid /"
    done | head -c 33554433 >"$files/cgroups.txt"
    [ "$(wc -c <"$files/cgroups.txt")" -gt 33554432 ] || fits cgroups.txt && return
    rm -f "$files/cgroups.txt"
    gap cgroups.txt invalid "the control groups are too long"
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
    lists
    now=$(marks)
    [ "$now" = "$before" ] && break
    moved=$(printf '%s\n%s\n' "$before" "$now" | sort | uniq -u | sed 's/.* //' | sort -u)
    before=$now
    attempt=$((attempt + 1))
done
[ $attempt -le 10 ] || for file in $moved; do
    gap "$file" inconsistent "it changed while the host was read, at each of 10 attempts"
done
[ ! -f "$files/docker-info.json" ] || info

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
(
    set -- # the index goes first
    for one in *; do [ "$one" = recording.json ] || set -- "$@" "$one"; done
    tar -cf - recording.json "$@"
) | gzip -n >"$work/recording.tar.gz" || exit 3
if [ "$1" = - ]; then
    cat "$work/recording.tar.gz"
else
    cd - >/dev/null && mv "$files" "$1" && mv "$work/recording.tar.gz" "$1.tar.gz" && echo "$1"
fi
