#!/usr/bin/perl
# Counts what nginx writes of each site: "status bytes seconds" a line, nothing a visitor can choose.
#
# figures.pl STATE LOGS NGINX-PID ROTATE SECONDS CHUNKS, users on stdin. STATE has "user file offset looked" and then the
# counts of a user a line. Position and counts change together in one rename: a look that dies is as if it had not been,
# and neither a restart nor another version of this program sets a count back. What a look does not get to stays in the
# logs for the next one; the one that has waited longest is first. Prints "user counts" a line.
use strict;
use warnings;
use Fcntl qw(:DEFAULT);
use IO::Handle;
use Time::HiRes qw(time);

my ($state, $logs, $pid, $rotate, $seconds, $chunks) = @ARGV;
my $CHUNK = 1 << 20;
my $EDGES = 11;
my @EDGE = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000);
# counts: 1xx 2xx 3xx 4xx 5xx, bytes, milliseconds, and how many took at most as long as each edge but longer than the
# one before, those beyond the last at the end
my $COUNTS = 7 + $EDGES + 1;

my %is = map { chomp; $_ => 1 } grep { /^s\d{6,9}$/ } <STDIN>;
my %was;
if (open my $in, '<', $state) {
  while (<$in>) {
    my ($user, @fields) = split;
    $was{$user} = \@fields if $user =~ /^s\d{6,9}$/ && @fields == 3 + $COUNTS && -d "$logs/$user";
  }
}
$was{$_} //= ['-', 0, 0, (0) x $COUNTS] for grep { -d "$logs/$_" } keys %is;

# Numbers of files are given out again: with its birth it is told from another that got the same.
sub identity {
  my $out = '';
  my @paths = grep { -f $_ && !-l $_ } @_;
  return () if !@paths;
  open my $stat, '-|', 'stat', '-c', "%i.%W %n", '--', @paths or die "stat: $!";
  my %found = map { /^(\S+) (.*)$/s ? ($2 => $1) : () } map { chomp; $_ } <$stat>;
  close $stat;
  return %found;
}

my %id;
my @paths = map { ("$logs/$_/figures", "$logs/$_/figures.1") } sort keys %was;
while (my @some = splice @paths, 0, 500) { %id = (%id, identity(@some)) }

my $deadline = time + $seconds;
my ($reopen, @done) = (0);
for my $user (sort { $was{$a}[2] <=> $was{$b}[2] || $a cmp $b } keys %was) {
  last if time > $deadline;
  look($user);
}
save();
unlink @done;
kill 'USR1', $pid if $reopen && $pid;
print "$_ @{$was{$_}}[3 .. 2 + $COUNTS]\n" for grep { $is{$_} } sort keys %was;

sub look {
  my $user = shift;
  my $w = $was{$user};
  my ($now, $old) = map { "$logs/$user/$_" } qw(figures figures.1);
  my $left = $chunks;
  if (defined $id{$old} && (!defined $id{$now} || $w->[0] ne $id{$now})) {
    # the file before: from where we were in it, or as a whole where we have never seen it
    @$w[0, 1] = ($id{$old}, 0) if $w->[0] ne $id{$old};
    return if !take($w, $old, \$left);
    my @stat = stat $old;
    if (!defined $id{$now}) { $reopen = 1; $w->[2] = int time; return }
    # a worker may still be about to write its last line
    if (time - $stat[10] < 5 || time - $stat[9] < 2) { $w->[2] = int time; return }
    push @done, $old;
  } elsif (defined $id{$old}) {
    # read to its end by a look that died before it could take it away
    push @done, $old;
  }
  if (defined $id{$now}) {
    @$w[0, 1] = ($id{$now}, 0) if $w->[0] ne $id{$now};
    return if !take($w, $now, \$left);
    if (-s $now > $rotate && !defined $id{$old}) { $reopen = 1 if rename $now, $old }
  }
  $w->[2] = int time;
}

# Reads on to the end; false where something is left for the next look.
sub take {
  my ($w, $path, $left) = @_;
  sysopen my $in, $path, O_RDONLY | O_NOFOLLOW or return 1;
  $w->[1] = 0 if $w->[1] > -s $in;
  sysseek $in, $w->[1], 0;
  while ($$left > 0 && time <= $deadline) {
    my $got = sysread $in, my ($text), $CHUNK;
    return 1 if !$got;
    $$left--;
    my $end = rindex $text, "\n";
    if ($end < 0) {
      return 1 if $got < $CHUNK;
      $end = $got - 1;
    }
    count($w, substr $text, 0, $end + 1);
    $w->[1] += $end + 1;
    sysseek $in, $w->[1], 0;
    return 1 if $got < $CHUNK;
  }
  return 0;
}

sub count {
  my ($w, $text) = @_;
  my (@class, @taken);
  my ($bytes, $total) = (0, 0);
  while ($text =~ /^([1-5])\d\d (\d{1,15}) (\d{1,9})\.(\d{3})$/mg) {
    my $ms = $3 * 1000 + $4;
    $class[$1]++;
    $bytes += $2;
    $total += $ms;
    my $edge = 0;
    $edge++ while $edge < $EDGES && $ms > $EDGE[$edge];
    $taken[$edge]++;
  }
  $w->[2 + $_] += $class[$_] // 0 for 1 .. 5;
  $w->[8] += $bytes;
  $w->[9] += $total;
  $w->[10 + $_] += $taken[$_] // 0 for 0 .. $EDGES;
}

sub save {
  open my $out, '>', "$state.new.$$" or die "$state: $!";
  print $out "$_ @{$was{$_}}\n" or die "$state: $!" for sort keys %was;
  $out->flush && $out->sync && close $out && rename "$state.new.$$", $state or die "$state: $!";
}
