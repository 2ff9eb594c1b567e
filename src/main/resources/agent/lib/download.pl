#!/usr/bin/perl
# What Bash cannot do to a stream: give the names in an archive as the site knows them, and notice that nobody is there.
use strict;
use warnings;

binmode STDIN;
binmode STDOUT;

# --- names --------------------------------------------------------------------------------------------------------

my ($in, $out, $ended) = ('', '', 0);

sub fill {
  my $wanted = shift;
  while (length $in < $wanted) {
    my $read = sysread STDIN, $in, 262144, length $in;
    die "cannot read: $!\n" unless defined $read;
    return 0 if $read == 0;
  }
  return 1;
}

sub give {
  $out .= $_[0];
  flush() if length $out >= 131072;
}

sub flush {
  for (my $at = 0; $at < length $out;) { $at += syswrite(STDOUT, $out, length($out) - $at, $at) // die "cannot write: $!\n" }
  $out = '';
}

# The next so many bytes, with what fills their last block.
sub body { my $size = shift; my $whole = int(($size + 511) / 512) * 512; fill($whole) or cut(); return substr substr($in, 0, $whole, ''), 0, $size }

sub cut { die "the archive ends in the middle\n" }

sub number {
  my $field = shift;
  return $field =~ /^[\x80\xff]/ ? do { my $n = 0; $n = $n * 256 + ord for split //, substr $field, 1; $n } : oct($field =~ s/[^0-7].*//sr || '0');
}

sub records {
  my ($text, @records) = shift;
  while (length $text) {
    my ($length) = $text =~ /^(\d+) /;
    die "a header cannot be read\n" unless $length && $length <= length $text;
    my ($name, $value) = substr($text, 0, $length) =~ /^\d+ ([^=]*)=(.*)\n\z/s or die "a header cannot be read\n";
    push @records, [$name, $value];
    $text = substr $text, $length;
  }
  return @records;
}

sub record {
  my $rest = " $_[0]=$_[1]\n";
  my $length = length $rest;
  $length++ while length($length) + length($rest) != $length;
  return $length . $rest;
}

sub headed { my $header = shift; substr($header, 148, 8) = ' ' x 8; substr($header, 148, 8) = sprintf "%06o\0 ", unpack '%32C*', $header; return $header }

sub padded { my $text = shift; return $text . "\0" x (-length($text) % 512) }

# names FROM=TO...: an archive on stdin and stdout. A name that begins with FROM begins with TO instead; every other
# entry goes. It must come to its proper end.
sub names {
  my @rules = map { [split /=/, $_, 2] } @_;
  my (@extra, $long, $link);
  while (1) {
    fill(512) or cut();
    my $header = substr $in, 0, 512, '';
    last if $header !~ /[^\0]/;
    my $type = substr $header, 156, 1;
    my $size = number(substr $header, 124, 12);
    if ($type eq 'x') { @extra = records(body($size)); next }
    if ($type eq 'L') { $long = body($size) =~ s/\0.*//sr; next }
    if ($type eq 'K') { $link = body($size) =~ s/\0.*//sr; next }
    die "an entry of type $type is not expected\n" unless $type =~ /^[0-7\0]$/;
    my %extra = map { $_->[0] => $_->[1] } @extra;
    $size = $extra{size} if defined $extra{size};
    my $posix = substr($header, 257, 6) eq "ustar\0";
    my $name = $extra{path} // $long // ($posix ? joined($header) : unpack('Z100', $header));
    my $new = renamed($name, @rules);
    my $blocks = int(($size + 511) / 512) * 512;
    if (defined $new) {
      @extra = grep { $_->[0] ne 'path' } @extra;
      push @extra, ['path', $new] if length $new > 100 || $new =~ /[^\x01-\x7f]/;
      push @extra, ['linkpath', $link] if defined $link;
      substr($header, 0, 100) = pack 'a100', $new;
      substr($header, 257, 8) = "ustar\00000";
      substr($header, 345, 167) = "\0" x 167;
      if (@extra) {
        my $text = join '', map { record(@$_) } @extra;
        my $before = pack('a100 a8 a8 a8 a12 a12 a8 a1 a100 a8', 'PaxHeaders/' . substr($new, 0, 80), "0000644\0", "0000000\0", "0000000\0",
          sprintf('%011o', length $text) . "\0", substr($header, 136, 12), ' ' x 8, 'x', '', "ustar\00000");
        give(headed(pack 'a512', $before) . padded($text));
      }
      give(headed($header));
    }
    while ($blocks > 0) {
      fill(1) or cut();
      my $part = substr $in, 0, $blocks < length $in ? $blocks : length $in, '';
      $blocks -= length $part;
      give($part) if defined $new;
    }
    (@extra, $long, $link) = ();
  }
  give("\0" x 1024);
  flush();
  $in = '';
  while (fill(1)) { die "something follows the archive's end\n" if $in =~ /[^\0]/; $in = '' }
}

sub joined { my ($name, $prefix) = unpack 'Z100 x245 Z155', shift; return length $prefix ? "$prefix/$name" : $name }

sub renamed {
  my ($name, @rules) = @_;
  for my $rule (@rules) {
    next unless index($name, $rule->[0]) == 0;
    my $new = $rule->[1] . substr $name, length $rule->[0];
    return undef unless length $new;
    die "the archive names something outside of itself\n" if "/$new" =~ m{/\.{0,2}/|/\.{1,2}$};
    return $new;
  }
  return undef;
}

# --- pump ---------------------------------------------------------------------------------------------------------

# pump BEGINS STALLS CHANNEL: stdin to stdout. Ends with 4 when nothing comes for so many seconds (the first bytes may take
# BEGINS), with 5 when nothing is taken for STALLS, with 6 when the reader has gone: then CHANNEL, a socket or a pipe,
# comes to its end.
sub pump {
  my ($begins, $stalls, $channel) = @_;
  my $limit = $begins;
  open my $reader, '<&=', $channel or die "there is no channel: $!\n";
  my $watched = -S $reader || -p $reader;
  $SIG{PIPE} = 'IGNORE';
  $SIG{ALRM} = sub { POSIX_exit(5) };
  while (1) {
    my $bits = '';
    vec($bits, fileno STDIN, 1) = 1;
    vec($bits, fileno $reader, 1) = 1 if $watched;
    my $found = select $bits, undef, undef, $limit;
    next if $found < 0 && $!{EINTR};
    POSIX_exit(4) if $found <= 0;
    if ($watched && vec $bits, fileno $reader, 1) {
      my $read = sysread $reader, my $ignored, 4096;
      POSIX_exit(6) unless $read;
    }
    next unless vec $bits, fileno STDIN, 1;
    my $read = sysread STDIN, my $bytes, 65536;
    die "cannot read: $!\n" unless defined $read;
    return if $read == 0;
    for (my $at = 0; $at < $read;) {
      alarm $stalls;
      my $written = syswrite STDOUT, $bytes, $read - $at, $at;
      alarm 0;
      POSIX_exit(6) unless defined $written;
      $at += $written;
    }
    $limit = $stalls;
  }
}

sub POSIX_exit { require POSIX; POSIX::_exit(shift) }

my %work = (names => \&names, pump => \&pump);
my $word = shift // '';
($work{$word} or die "download.pl: no such work\n")->(@ARGV);
close STDOUT or die "cannot write: $!\n";
