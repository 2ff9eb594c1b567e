#!/usr/bin/perl
# What Bash would be too slow or too trusting for in backups: reading a tree that a stranger may change meanwhile, and
# comparing long lists of it. perl-base, which every Debian and Ubuntu has, is enough.
#
# Lists have one line for each entry, fields apart by tabs. A path is written with %XX for all that is not printable
# ASCII and for % itself, so that no name can end a field or a line.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode);
use POSIX ();

binmode STDIN;
binmode STDOUT;

my $VALID = qr/[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}
  |\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}/x;

sub written { my $s = shift; $s =~ s/([^\x20-\x24\x26-\x7e])/sprintf '%%%02X', ord $1/ge; return $s }
sub read_back { my $s = shift; $s =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge; return $s }

# restic's JSON has U+FFFD for every byte that is not UTF-8: what a name is looked up by.
sub key { my $s = shift; $s =~ s/\G(?:($VALID)|(.))/defined $1 ? $1 : "\xef\xbf\xbd"/gse; return written($s) }

# --- reading a tree -----------------------------------------------------------------------------------------------

# walk DIRECTORY PREFIX [BYTES]: key, path, type, mode, uid, gid, size, mtime, ctime, and the checksum of a file or the target
# of a link, in no order. find does not follow links; a file is opened only where no part of its path is a link, and
# belongs to the line only if it is the very one find saw. Its checksum holds for that ctime and no other. Where more than
# BYTES are read, because files grow meanwhile, it ends with 3.
my ($most, $read) = (undef, 0);

sub walk {
  my ($directory, $prefix) = @_;
  $most = $_[2];
  sysopen my $root, $directory, O_RDONLY | O_DIRECTORY or die "cannot open $directory: $!\n";
  open my $find, '-|', 'find', $directory, '-printf', '%y %m %U %G %s %T@ %C@ %i\0%l\0%P\0' or die "find: $!\n";
  binmode $find;
  local $/ = "\0";
  my @waiting;
  while (defined(my $facts = <$find>)) {
    my ($target, $path) = (scalar <$find>, scalar <$find>);
    chomp($facts, $target, $path);
    my ($type, $mode, $uid, $gid, $size, $mtime, $ctime, $inode) = split / /, $facts;
    next unless $type =~ /^[fdl]$/;
    my $name = length $path ? "$prefix/$path" : $prefix;
    my @line = (key($name), written($name), $type, $type eq 'l' ? '777' : $mode, $uid, $gid, $type eq 'f' ? $size : 0,
      moment($mtime), moment($ctime));
    if ($type ne 'f') {
      print join("\t", @line, $type eq 'l' ? written($target) : '-'), "\n";
      next;
    }
    push @waiting, [\@line, opened($root, $directory, $path, $inode)];
    @waiting = () if @waiting == 100 && summed(@waiting);
  }
  summed(@waiting);
  close $find or die "the files cannot all be read\n";
}

sub moment { my ($seconds, $rest) = split /\./, shift; return $seconds . '.' . substr(($rest // '') . '0' x 9, 0, 9) }

# openat2 with RESOLVE_NO_SYMLINKS and RESOLVE_BENEATH; where a sandbox has no such call, at least the last part.
sub opened {
  my ($root, $directory, $path, $inode) = @_;
  my $flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  my $file;
  my $fd = syscall(437, fileno $root, "$path\0", pack('QQQ', $flags, 0, 0x0c), 24);
  if ($fd >= 0) {
    open $file, '<&=', $fd or return;
  } else {
    return unless $!{ENOSYS} || $!{EPERM};
    sysopen $file, "$directory/$path", $flags or return;
  }
  my @found = stat $file;
  return @found && S_ISREG($found[2]) && $found[1] == $inode ? $file : undef;
}

sub summed {
  local $/ = "\n";
  my %sum;
  my %of = map { fileno($_->[1]) => $_ } grep { defined $_->[1] } @_;
  if (%of) {
    # the numbers are the child's too
    $^F = 1024;
    for my $entry (values %of) { fcntl $entry->[1], F_SETFD, 0 }
    my $pid = open(my $sums, '-|', 'sha256sum', '--', map { "/proc/self/fd/$_" } keys %of) or die "sha256sum: $!\n";
    for (split /\n/, watched($sums, $pid)) { $sum{$2} = $1 if m{^([0-9a-f]{64})  /proc/self/fd/(\d+)$} }
    close $sums;
  }
  for my $entry (@_) {
    my $number = defined $entry->[1] ? fileno $entry->[1] : -1;
    print join("\t", @{$entry->[0]}, $sum{$number} // '?'), "\n";
    close $entry->[1] if defined $entry->[1];
  }
  return 1;
}

sub watched {
  my ($sums, $pid) = @_;
  my ($said, $bytes) = ('', 0);
  while (1) {
    my $ready = '';
    vec($ready, fileno $sums, 1) = 1;
    if (select($ready, undef, undef, 0.5) > 0) {
      sysread $sums, $said, 65536, length $said or last;
    } elsif (open my $counters, '<', "/proc/$pid/io") {
      $bytes = $1 if (<$counters> // '') =~ /^rchar: (\d+)/;
      if (defined $most && $read + $bytes > $most) {
        kill 'KILL', $pid;
        exit 3;
      }
    }
  }
  $read += $bytes;
  return $said;
}

# --- what restic says is in a snapshot ------------------------------------------------------------------------------

# listed FROM=PREFIX...: stdin has path (as jq's @uri), type, mode, uid, gid, size, mtime and ctime of each node;
# those below FROM come out like the lines of a walk.
sub listed {
  my @roots = map { [split /=/] } @_;
  while (<STDIN>) {
    chomp;
    my ($path, $type, $mode, $uid, $gid, $size, $mtime, $ctime) = split /\t/;
    $type = {file => 'f', dir => 'd', symlink => 'l'}->{$type} or next;
    $path = read_back($path);
    for my $root (@roots) {
      my ($from, $prefix) = @$root;
      next unless $path eq $from || index($path, "$from/") == 0;
      my $name = written($prefix . substr $path, length $from);
      print join("\t", $name, $name, $type, $type eq 'l' ? '777' : permissions($mode), $uid, $gid, $type eq 'f' ? $size : 0,
        instant($mtime), instant($ctime), '-'), "\n";
    }
  }
}

# Go keeps the three special bits elsewhere.
sub permissions {
  my $mode = shift;
  return sprintf '%o', ($mode & 0777) | ($mode >> 23 & 1) << 11 | ($mode >> 22 & 1) << 10 | ($mode >> 20 & 1) << 9;
}

sub instant {
  my ($year, $month, $day, $hour, $minute, $second, $rest) =
    shift =~ /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z$/ or return '?';
  $year -= $month <= 2;
  my $era = int $year / 400;
  my $yoe = $year - $era * 400;
  my $doy = int((153 * ($month + ($month > 2 ? -3 : 9)) + 2) / 5) + $day - 1;
  my $days = $era * 146097 + $yoe * 365 + int($yoe / 4) - int($yoe / 100) + $doy - 719468;
  return moment($days * 86400 + $hour * 3600 + $minute * 60 + $second . '.' . ($rest // ''));
}

# --- manifest -----------------------------------------------------------------------------------------------------

# manifest WALK LISTED USER-ID HOME PATTERN...: both lists in the order of their keys. Each entry of the snapshot with
# what was known before it was read, and its mtime; one that changed meanwhile is `moving`. What is there and not in the snapshot,
# and what got into it without being the site's, is a PROBLEM line.
sub manifest {
  my ($walk, $listed, $uid, $home, @patterns) = @_;
  my $excluded = excluded(@patterns);
  merge($walk, $listed, sub {
    my ($known, $saved) = @_;
    if (!$saved) {
      my ($path) = read_back($known->[1]) =~ m{^files/(.*)}s;
      return if defined $path && (!still_there("$home/$path", $known) || $path =~ $excluded);
      print "PROBLEM\tlost\t$known->[1]\n";
      return;
    }
    my $same = $known && join("\t", @$known[2 .. 8]) eq join("\t", @$saved[2 .. 8]);
    # a directory of the user's that was a link for a moment leads restic to files of others
    if (!$same && $saved->[4] != $uid && $saved->[1] ne 'files') { print "PROBLEM\tforeign\t$saved->[1]\n"; return }
    my $what = $same && $known->[9] ne '?' ? $known->[9] : $saved->[2] eq 'd' ? '-' : 'moving';
    my $path = $known ? $known->[1] : $saved->[1];
    print join("\t", $path, @$saved[2 .. 6], $what, $saved->[7]), "\n";
  });
}

sub still_there {
  my ($path, $known) = @_;
  my @now = lstat $path or return 0;
  return $now[10] == int $known->[8];
}

# As restic reads a pattern that begins at the root: * and ? stay within one name, ** does not, and a directory that is
# left out is left out with everything below it.
sub excluded {
  my @alternatives = map {
    my $regex = '';
    for my $part (split m{/}) {
      if ($part eq '**') { $regex .= '(?:[^/]+/)*'; next }
      while ($part =~ /\G(?:(\*)|(\?)|(\[\^?(?:\\.|[^\]\\])+\])|\\(.)|(.))/gs) {
        $regex .= defined $1 ? '[^/]*' : defined $2 ? '[^/]' : defined $3 ? $3 : quotemeta($4 // $5);
      }
      $regex .= '/';
    }
    $regex =~ s{/\z}{};
    $regex;
  } @_;
  return @alternatives ? qr{^(?:@{[join '|', @alternatives]})(?:/|\z)}s : qr/(?!)/;
}

# compare MANIFEST-ENTRIES WALK: both with path, type, mode, uid, gid, size and checksum or target, in the order of paths.
# Every difference as "code, what", and nothing where there is none.
sub compare {
  my ($manifest, $walk) = @_;
  merge($manifest, $walk, sub {
    my ($wanted, $found) = @_;
    my $path = ($wanted || $found)->[0];
    my $kind = $path =~ m{^databases/} ? 'DUMP' : 'FILE';
    my $what = $path =~ s{^(?:files|databases)/}{}r;
    if (!$found) { print "${kind}_MISSING\t$what\n"; return }
    if (!$wanted) { print "${kind}_EXTRA\t$what\n"; return }
    if ($wanted->[1] ne $found->[1] || $wanted->[5] ne $found->[5] || $wanted->[6] ne 'moving' && $wanted->[6] ne $found->[6]) {
      print "${kind}_CHANGED\t$what\n";
    } elsif (join(' ', @$wanted[2 .. 4]) ne join(' ', @$found[2 .. 4])) {
      print "${kind}_OWNER_OR_MODE\t$what\n";
    }
  });
}

# Walks through two lists in the order of their first field, and gives the lines that belong together.
sub merge {
  my ($left_file, $right_file, $with) = @_;
  open my $left, '<', $left_file or die "$left_file: $!\n";
  open my $right, '<', $right_file or die "$right_file: $!\n";
  my ($l, $r) = (line($left), line($right));
  while ($l || $r) {
    my $order = !$l ? 1 : !$r ? -1 : $l->[0] cmp $r->[0];
    $with->($order <= 0 ? $l : undef, $order >= 0 ? $r : undef);
    $l = line($left) if $order <= 0;
    $r = line($right) if $order >= 0;
  }
}

sub line { my $text = readline shift; return unless defined $text; chomp $text; return [split /\t/, $text, -1] }

# exchange A B: each takes the other's place, at the same moment (renameat2 with RENAME_EXCHANGE).
sub exchange {
  my ($a, $b) = @_;
  my $machine = (POSIX::uname())[4];
  my $number = {x86_64 => 316, aarch64 => 276, riscv64 => 276}->{$machine} or die "renameat2: its number on $machine is not known\n";
  syscall($number, -100, "$a\0", -100, "$b\0", 2) == 0 or die "renameat2: $!\n";
}

my %work = (walk => \&walk, listed => \&listed, manifest => \&manifest, compare => \&compare, exchange => \&exchange);
my $word = shift // '';
($work{$word} or die "backup.pl: no such work\n")->(@ARGV);
close STDOUT or die "cannot write: $!\n";
