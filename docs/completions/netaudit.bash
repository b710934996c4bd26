_netaudit_completion() {
    local line="${COMP_LINE:0:COMP_POINT}" words word before
    read -r -a words <<< "$line"
    case "$line" in *[[:space:]]) words+=("") ;; esac
    word="${words[${#words[@]}-1]}"
    local IFS=$'\n'
    COMPREPLY=( $( env COMP_WORDS="${words[*]}" \
                   COMP_CWORD=$(( ${#words[@]} - 1 )) \
                   _NETAUDIT_COMPLETE=complete_bash "$1" 2>/dev/null ) )
    # What bash takes for the word begins behind the last of these.
    before="${word%"${word##*[:=]}"}"
    COMPREPLY=( "${COMPREPLY[@]#"$before"}" )
    case "${COMPREPLY[*]}" in *:) compopt -o nospace ;; esac
    return 0
}

complete -o default -F _netaudit_completion netaudit
