#!/usr/bin/perl
# judge ADDRESS...: prints the first that is not public, and nothing where all are. What is public is what the panel's
# OutboundGuard says: IANA's special-purpose addresses are not, nor those in which an IPv4 address hides.
#
# door ADDRESS,... PORT HOST public|none must|try PROGRAM...: becomes PROGRAM, in a network of its own that has nothing in
# it but a door to these addresses. So no name that comes to mean another address, and no answer that leads elsewhere, has it
# call this server, its neighbours or a cloud's metadata service. perl-base is enough.
use strict;
use warnings;
use Errno qw(ECONNREFUSED ENETUNREACH ETIMEDOUT);
use POSIX ();
use Socket qw(:DEFAULT :addrinfo inet_ntop inet_pton IPPROTO_TCP SOCK_STREAM);

my @NOT_PUBLIC_4 = qw(0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
  192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4);
my $GLOBAL_6 = '2000::/3';
my @NOT_PUBLIC_6 = qw(2001::/23 2001:db8::/32 2002::/16 3fff::/20);

sub bits { return unpack 'B*', inet_pton($_[0] =~ /:/ ? AF_INET6 : AF_INET, $_[0]) // die "$_[0] is no address\n" }

sub within {
  my ($address, $network) = @_;
  my ($prefix, $length) = split m{/}, $network;
  return substr(bits($address), 0, $length) eq substr bits($prefix), 0, $length;
}

sub public {
  my $address = shift;
  return !grep { within($address, $_) } @NOT_PUBLIC_4 if $address !~ /:/;
  return within($address, $GLOBAL_6) && !grep { within($address, $_) } @NOT_PUBLIC_6;
}

sub judge {
  my ($first) = grep { !public($_) } @_;
  print "$first\n" if defined $first;
}

# --- the door -----------------------------------------------------------------------------------------------------
# restic is told of a SOCKS proxy on its own loopback, which the process at the door serves from outside: it has names looked
# up there, and goes where it may. Go asks no proxy for loopback addresses: for a target that lies there the door also opens at
# its address.

use constant {NEW_NETWORK => 0x40000000, NEW_USERS => 0x10000000, PIDFD_OPEN => 434, PIDFD_GETFD => 438,
  REFUSED => 2, NO_NETWORK => 3, NO_HOST => 4, NO_SERVICE => 5, NO_ANSWER => 6, ANSWER_SECONDS => 10};
my %UNSHARE = (x86_64 => 272, aarch64 => 97, riscv64 => 97);
my %PRCTL = (x86_64 => 157, aarch64 => 167, riscv64 => 167);

sub door {
  my ($addresses, $port, $host, $others, $must, @program) = @_;
  my @addresses = map { literal($_) } split /,/, $addresses;
  my $machine = (POSIX::uname())[4];
  pipe(my $ended, my $lives) or die "door: $!\n";
  pipe(my $orders, my $order) or die "door: $!\n";
  pipe(my $words, my $word) or die "door: $!\n";
  my $keeper = fork // die "door: $!\n";
  if (!$keeper) {
    $SIG{$_} = 'IGNORE' for qw(PIPE CHLD HUP INT);
    close_all_but($ended, $orders, $word);
    chomp(my $numbers = <$orders> // exit);
    my @doors = map { carried_over($_) } split / /, $numbers;
    syswrite $word, "open\n";
    close $word;
    keep(\@doors, $ended, {addresses => \@addresses, port => $port, host => literal($host), others => $others eq 'public'});
    exit;
  }
  my $complaint = leave_the_network($machine);
  if (defined $complaint) {
    # a demo's agent, which is nobody, may be let make no network
    die "door: no network of its own for restic: $complaint\n" if $must eq 'must';
    $ENV{HTTP_PROXY} = 'http://127.0.0.1:0' if $others eq 'public';
    exec @program or die "door: $program[0]: $!\n";
  }
  my %known;
  my @doors = map { listening($_, $port) } grep { /^127\.|^::1$/ && !$known{$_}++ } @addresses;
  unshift @doors, listening('127.0.0.1', 0);
  my ($proxy_port) = unpack_sockaddr_in(getsockname $doors[0]);
  # Yama: who may take what this process has open
  syscall($PRCTL{$machine}, 0x59616d61, $keeper, 0, 0, 0);
  syswrite $order, join(' ', map { fileno $_ } @doors) . "\n";
  close $word;
  my $said = <$words> // '';
  $said eq "open\n" or die "door: no network of its own for restic: the door stays shut\n";
  fcntl $lives, 2, 0 or die "door: $!\n"; # F_SETFD: open for as long as the program lives
  $ENV{HTTPS_PROXY} = "socks5://127.0.0.1:$proxy_port";
  # what is public is gone to with TLS or not at all
  $ENV{HTTP_PROXY} = $others eq 'public' ? 'http://127.0.0.1:0' : $ENV{HTTPS_PROXY};
  exec @program or die "door: $program[0]: $!\n";
}

# As root, or as the only user of a world of its own, in which files belong to whom they did. -> the complaint
sub leave_the_network {
  my $machine = shift;
  my ($user, $group) = ($>, (split ' ', $))[0]);
  return "unknown machine $machine" if !$UNSHARE{$machine};
  return "$!" if syscall($UNSHARE{$machine}, NEW_NETWORK | ($user ? NEW_USERS : 0)) != 0;
  if ($user) {
    for my $line (['setgroups', 'deny'], ['uid_map', "$user $user 1"], ['gid_map', "$group $group 1"]) {
      open my $file, '>', "/proc/self/$line->[0]" or return "$!";
      syswrite $file, $line->[1] or return "$!";
    }
  }
  socket(my $any, AF_INET, SOCK_DGRAM, 0) or return "$!";
  my $up = pack 'a16 s x22', 'lo', 0x41;
  ioctl($any, 0x8914, $up) or return "$!"; # SIOCSIFFLAGS
  return;
}

sub place {
  my ($address, $port) = @_;
  return $address =~ /:/ ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address)) : pack_sockaddr_in($port, inet_pton(AF_INET, $address));
}

sub listening {
  my ($address, $port) = @_;
  my $family = $address =~ /:/ ? AF_INET6 : AF_INET;
  socket(my $door, $family, SOCK_STREAM, 0) or die "door: $!\n";
  # without IPv6 there is no ::1 to go to either
  bind($door, place($address, $port)) or $address =~ /:/ ? return : die "door: $!\n";
  listen $door, 64 or die "door: $!\n";
  return $door;
}

sub close_all_but {
  my %stays = map { fileno $_ => 1 } @_;
  opendir my $all, '/proc/self/fd' or exit 1;
  my @open = grep { /^\d+$/ && !$stays{$_} && $_ != fileno $all } readdir $all;
  closedir $all;
  POSIX::close($_) for @open;
}

# A socket belongs to the network it was made in, whoever holds it.
sub carried_over {
  my $number = shift;
  my $parent = syscall(PIDFD_OPEN, getppid, 0);
  my $own = $parent < 0 ? -1 : syscall(PIDFD_GETFD, $parent, 0 + $number, 0);
  POSIX::close($parent) if $parent >= 0;
  exit 1 if $own < 0;
  open my $door, '+<&=', $own or exit 1;
  return $door;
}

sub keep {
  my ($doors, $ended, $way) = @_;
  while (1) {
    my $ready = '';
    vec($ready, fileno $_, 1) = 1 for $ended, @$doors;
    next if select($ready, undef, undef, undef) < 1;
    exit if vec($ready, fileno $ended, 1);
    for my $number (0 .. $#$doors) {
      next unless vec($ready, fileno $doors->[$number], 1) && accept(my $guest, $doors->[$number]);
      next if fork // 1;
      close $_ for $ended, @$doors;
      lead($guest, $number == 0, $way);
      exit;
    }
  }
}

# One connection, from its beginning to its end.
sub lead {
  my ($guest, $asks, $way) = @_;
  my ($host, $port) = $asks ? asked($guest) : ($way->{host}, $way->{port});
  exit if !defined $port;
  my ($far, $trouble) = reach(addresses($host, $port, $way), $port);
  syswrite $guest, pack('C4 x6', 5, $far ? 0 : $trouble, 0, 1) if $asks;
  exit if !$far;
  my $back = fork // exit;
  if (!$back) {
    pour($far, $guest);
    shutdown $guest, 1;
    exit;
  }
  pour($guest, $far);
  shutdown $far, 2;
}

# SOCKS5 (RFC 1928), as Go speaks it -> host and port
sub asked {
  my $guest = shift;
  my (undef, $methods) = unpack 'CC', taken($guest, 2);
  taken($guest, $methods);
  syswrite $guest, "\x05\x00";
  my (undef, $what, undef, $kind) = unpack 'C4', taken($guest, 4);
  exit if $what != 1;
  my $host = $kind == 1 ? inet_ntop(AF_INET, taken($guest, 4))
    : $kind == 4 ? inet_ntop(AF_INET6, taken($guest, 16))
    : taken($guest, unpack 'C', taken($guest, 1));
  return literal($host), unpack 'n', taken($guest, 2);
}

sub taken {
  my ($guest, $bytes) = @_;
  my $all = '';
  while (length $all < $bytes) { sysread $guest, $all, $bytes - length $all, length $all or exit }
  return $all;
}

# A name or an address, written in one way.
sub literal {
  my $host = lc shift;
  my $six = $host =~ /:/ ? inet_pton(AF_INET6, $host) : undef;
  return defined $six ? inet_ntop(AF_INET6, $six) : $host;
}

# Where that may be: what was judged before, or for others than the target, whatever is public. Nothing else.
sub addresses {
  my ($host, $port, $way) = @_;
  return $way->{addresses} if $host eq $way->{host} && $port == $way->{port};
  return [] if !$way->{others};
  local $SIG{ALRM} = 'DEFAULT';
  alarm ANSWER_SECONDS;
  my ($error, @found) = getaddrinfo($host, $port, {socktype => SOCK_STREAM});
  alarm 0;
  return undef if $error;
  my @addresses = map { (getnameinfo($_->{addr}, NI_NUMERICHOST, NIx_NOSERV))[1] } @found;
  return (grep { !public($_) } @addresses) ? [] : \@addresses;
}

# -> the connection, or why there is none, as SOCKS has it
sub reach {
  my ($addresses, $port) = @_;
  return undef, NO_HOST if !$addresses;
  my $trouble = REFUSED;
  for my $address (@$addresses) {
    my $family = $address =~ /:/ ? AF_INET6 : AF_INET;
    socket(my $far, $family, SOCK_STREAM, 0) or next;
    # a machine that has vanished is noticed, though restic's own connection ends here
    setsockopt $far, SOL_SOCKET, SO_KEEPALIVE, 1;
    setsockopt $far, IPPROTO_TCP, $_->[0], $_->[1] for [4, 15], [5, 15], [6, 9];
    my $connected = eval {
      local $SIG{ALRM} = sub { die "late\n" };
      alarm ANSWER_SECONDS;
      my $done = connect $far, place($address, $port);
      alarm 0;
      $done;
    };
    return $far if $connected;
    $trouble = $@ || $! == ETIMEDOUT ? NO_ANSWER : $! == ECONNREFUSED ? NO_SERVICE : $! == ENETUNREACH ? NO_NETWORK : NO_HOST;
    alarm 0;
  }
  return undef, $trouble;
}

sub pour {
  my ($from, $to) = @_;
  my $bytes;
  while (sysread $from, $bytes, 65536) {
    my $at = 0;
    while ($at < length $bytes) { $at += syswrite($to, $bytes, length($bytes) - $at, $at) // return }
  }
}

my %work = (judge => \&judge, door => \&door);
my $word = shift // '';
($work{$word} or die "remote.pl: no such work\n")->(@ARGV);
