# shellcheck shell=sh
step_platform() {
  os=$(. /etc/os-release 2>/dev/null && printf '%s %s' "${ID-}" "${VERSION_ID-}") || os=
  tell "value os $os"
  tell "value hostname $(uname -n | cut -c 1-253)"
  tell "value rootless $rootless"
  if [ "$rootless" = yes ]; then
    case $base in
      /*) ;;
      *) refuse BAD_ROOT "$base" ;;
    esac
    case $base in
      *[!A-Za-z0-9._/+-]*) refuse BAD_ROOT "$base" ;;
    esac
    mkdir -p "$base" || refuse NO_SPACE "$base"
    outcome=skipped
    return
  fi
  [ "$(id -u)" = 0 ] || refuse NOT_ROOT
  case $os in
    'debian 12' | 'debian 13' | 'ubuntu 22.04' | 'ubuntu 24.04') ;;
    *) refuse UNSUPPORTED_OS "$os" ;;
  esac
  [ -d /run/systemd/system ] || refuse NO_SYSTEMD
}
