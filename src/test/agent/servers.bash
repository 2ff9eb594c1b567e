# shellcheck shell=bash disable=SC2034
# Real servers that keep backups, for one test file: sshd, rclone with restic's protocol, S3Proxy. On loopback, unless
# SERVER_ADDRESS says where.

need_servers() {
  need restic sshd ssh-keyscan rclone openssl java
}

start_servers() {
  export SERVERS=$BATS_FILE_TMPDIR/servers
  export STORE=$SERVERS/store
  mkdir -p "$STORE"/{sftp,rest,s3/bucket}
  chmod 0755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$SERVERS" "$STORE"
  make_authority
  start_sftp
  start_rest
  start_s3
  until_true 60 listens "$SFTP_PORT"
  until_true 60 listens "$S3_PORT"
}

stop_servers() {
  local pid
  for pid in "$SERVERS"/*.pid; do kill "$(cat "$pid")" 2>/dev/null || true; done
}

listens() { (exec 3<>"/dev/tcp/${SERVER_ADDRESS:-127.0.0.1}/$1") 2>/dev/null; }

make_authority() {
  (
    cd "$SERVERS" || exit
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout authority.key -out authority.pem -days 3 -subj /CN=backups
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr -subj /CN=localhost
    openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 3 \
      -extfile <(printf 'subjectAltName=DNS:localhost,DNS:backups.invalid,IP:%s' "${SERVER_ADDRESS:-127.0.0.1}") -out server.pem
    openssl pkcs12 -export -in server.pem -inkey server.key -out server.p12 -passout pass:changeit
  ) 2>/dev/null
  AUTHORITY=$(base64 -w 0 <"$SERVERS/authority.pem")
  export AUTHORITY
}

# As root the account that logs in is nobody, who has no shell either.
start_sftp() {
  local name
  SFTP_LOGIN=$(id -un) SFTP_PORT=$(free_port)
  for name in host client stranger; do ssh-keygen -q -t ed25519 -N '' -f "$SERVERS/$name" -C ''; done
  SFTP_HOST_KEY=$(cut -d ' ' -f 1,2 "$SERVERS/host.pub")
  if ((EUID == 0)); then
    SFTP_LOGIN=nobody
    chown nobody "$STORE/sftp"
    mkdir -p /run/sshd
  fi
  cat >"$SERVERS/sshd_config" <<CONFIG
ListenAddress 127.0.0.1:$SFTP_PORT
HostKey $SERVERS/host
PidFile $SERVERS/sshd.pid
AuthorizedKeysFile $SERVERS/client.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
ForceCommand internal-sftp
CONFIG
  "$(command -v sshd || echo /usr/sbin/sshd)" -f "$SERVERS/sshd_config" -E "$SERVERS/sshd.log" 3>&-
  export SFTP_LOGIN SFTP_PORT SFTP_HOST_KEY
}

start_rest() {
  # another run's rclone has its own in its arguments, where this one's is looked for
  export REST_USER='pan@el' REST_PASSWORD="rest/pass:w@rd%41-$RANDOM$RANDOM"
  REST_PORT=$(free_port)
  export REST_PORT
  start_rest_again
}

start_rest_again() {
  rclone serve restic --addr "${SERVER_ADDRESS:-127.0.0.1}:$REST_PORT" --user "$REST_USER" --pass "$REST_PASSWORD" --config "$SERVERS/rclone.conf" \
    --cert "$SERVERS/server.pem" --key "$SERVERS/server.key" "$STORE/rest" >"$SERVERS/rest.log" 2>&1 3>&- &
  echo "$!" >"$SERVERS/rest.pid"
  until_true 60 listens "$REST_PORT"
}

start_s3() {
  local classes
  export S3_KEY=AKIDOFTHEPANEL S3_SECRET='s3/secret+with=chars'
  S3_PORT=$(free_port)
  export S3_PORT
  classes=$("$BATS_TEST_DIRNAME/../rig/s3-server.sh")
  cat >"$SERVERS/s3.properties" <<CONFIG
s3proxy.secure-endpoint=https://${SERVER_ADDRESS:-127.0.0.1}:$S3_PORT
s3proxy.keystore-path=$SERVERS/server.p12
s3proxy.keystore-password=changeit
s3proxy.authorization=aws-v2-or-v4
s3proxy.identity=$S3_KEY
s3proxy.credential=$S3_SECRET
jclouds.provider=filesystem
jclouds.filesystem.basedir=$STORE/s3
CONFIG
  echo '<configuration><root level="WARN"/></configuration>' >"$SERVERS/logback.xml"
  java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx256m "-Dlogback.configurationFile=$SERVERS/logback.xml" -cp "$classes" \
    org.gaul.s3proxy.Main --properties "$SERVERS/s3.properties" >"$SERVERS/s3.log" 2>&1 3>&- &
  echo "$!" >"$SERVERS/s3.pid"
}

# Takes connections into its queue and never says a word.
start_silent() {
  SILENT_PORT=$(free_port)
  # shellcheck disable=SC2016 # perl's
  perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => shift, Listen => 20, ReuseAddr => 1) or die; sleep' \
    "$SILENT_PORT" >/dev/null 2>&1 3>&- &
  echo "$!" >"$SERVERS/silent.pid"
  until_true 20 listens "$SILENT_PORT"
}

# Answers whatever it is asked by naming another place.
start_leading() { # URL
  LEADING_PORT=$(free_port)
  # shellcheck disable=SC2016 # perl's
  perl -MIO::Socket::INET -e 'my ($port, $url) = @ARGV; $SIG{CHLD} = "IGNORE";
    my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $port, Listen => 20, ReuseAddr => 1) or die;
    while (my $c = $s->accept) {
      next if fork;
      while (<$c>) { last if /^\r?$/ }
      print $c "HTTP/1.1 307 Temporary Redirect\r\nLocation: $url\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      exit;
    }' "$LEADING_PORT" "$1" >/dev/null 2>&1 3>&- &
  echo "$!" >"$SERVERS/leading.pid"
  until_true 20 listens "$LEADING_PORT"
}

# Stands for a service that is meant for this server alone, and remembers who called.
start_inner() {
  INNER_PORT=$(free_port)
  : >"$SERVERS/inner.calls"
  # shellcheck disable=SC2016 # perl's
  perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => shift, Listen => 20, ReuseAddr => 1) or die;
    $| = 1;
    while (my $c = $s->accept) { my $line = <$c> // ""; print $line if length $line; print $c "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi" }' \
    "$INNER_PORT" >"$SERVERS/inner.calls" 2>/dev/null 3>&- &
  echo "$!" >"$SERVERS/inner.pid"
  until_true 20 listens "$INNER_PORT"
}
