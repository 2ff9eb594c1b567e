#!/usr/bin/perl
# Parts of a backup: what is in it, which of it is chosen, and how a part takes its place in a home that a stranger may
# change at the same moment. Paths are written as in backup.pl, which makes the lists.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :mode);
use POSIX ();

binmode STDIN;
binmode STDOUT;

use constant O_PATH => 0x200000;
use constant NOTHING => 'none';
my ($NOREPLACE, $EXCHANGE) = (1, 2);

sub written { my $s = shift; $s =~ s/([^\x20-\x24\x26-\x7e])/sprintf '%%%02X', ord $1/ge; return $s }
sub read_back { my $s = shift; $s =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge; return $s }

sub lines_of {
  my ($name, $with) = @_;
  open my $file, '<', $name or die "$name: $!\n";
  binmode $file;
  while (<$file>) { chomp; $with->($_) }
}

# --- what is in a backup ------------------------------------------------------------------------------------------

# list MANIFEST DIRECTORY AFTER LIMIT: what lies in a directory, those that are directories first. Of these all below is
# counted. "name, type, size, files, mtime" a line, at the end one without a name that says after what there is more; 3 where there is no such directory.
# Twice through the list, so that a directory of a million names needs no more memory than a page of it.
sub list {
  my ($manifest, $directory, $after, $limit) = @_;
  my $top = length $directory ? "files/$directory" : 'files';
  my (@kept, $there);
  entries($manifest, sub {
    my ($path, $type, $size, $mtime) = @_;
    if ($path eq $top) { $there = $type eq 'd' }
    return unless index($path, "$top/") == 0;
    my $name = substr $path, length($top) + 1;
    return if index($name, '/') >= 0;
    my $order = ($type eq 'd' ? 0 : 1) . $name;
    return if length $after && $order le $after;
    push @kept, [$order, $name, $type, $size, $mtime];
    first(\@kept, $limit + 1) if @kept > 20 * $limit;
  });
  exit 3 unless $there;
  first(\@kept, $limit + 1);
  my $more = @kept > $limit && pop @kept;
  my %below = map { $_->[1] => [0, 0] } grep { $_->[2] eq 'd' } @kept;
  entries($manifest, sub {
    my ($path, $type, $size) = @_;
    return unless $type eq 'f' && index($path, "$top/") == 0;
    my ($name) = split m{/}, substr($path, length($top) + 1), 2;
    my $sum = $below{$name} or return;
    $sum->[0]++;
    $sum->[1] += $size;
  });
  for my $one (@kept) {
    my (undef, $name, $type, $size, $mtime) = @$one;
    my $files = $below{$name} ? $below{$name}[0] : 0;
    $size = $below{$name}[1] if $below{$name};
    print join("\t", $name, {f => 'file', d => 'directory', l => 'link'}->{$type}, $size, $files, $mtime), "\n";
  }
  print "\t$kept[-1][0]\n" if $more;
}

sub first { my ($kept, $count) = @_; @$kept = sort { $a->[0] cmp $b->[0] } @$kept; splice @$kept, $count if @$kept > $count }

sub entries {
  my ($manifest, $with) = @_;
  my $begun;
  lines_of($manifest, sub {
    if (!$begun) { $begun = $_ eq 'entries'; return }
    my ($path, $type, undef, undef, undef, $size, undef, $mtime) = split /\t/;
    $with->($path, $type, $size, defined $mtime && $mtime =~ /^(\d+)/ ? $1 : '') if $type =~ /^[fdl]$/;
  });
}

# tables MANIFEST USER DATABASE AFTER LIMIT: those of a database, "name, rows" a line; without a name the databases,
# "name, tables, rows".
sub tables {
  my ($manifest, $user, $database, $after, $limit) = @_;
  my (%tables, %rows, @kept);
  lines_of($manifest, sub {
    no warnings 'exiting';
    last if $_ eq 'entries';
    my ($kind, $of, $name, $count) = split /\t/;
    return unless $kind eq 'table' && $name =~ /^(?:[0-9A-F]{2}){1,256}$/ && $count =~ /^\d+$/;
    my ($known) = $of =~ /^\Q$user\E_([a-z][a-z0-9_]{0,31})$/ or return;
    if (!length $database) { $tables{$known}++; $rows{$known} += $count; return }
    return if $known ne $database;
    $name = written(pack 'H*', $name);
    push @kept, [$name, $count] if $name gt $after;
    first(\@kept, $limit + 1) if @kept > 20 * $limit;
  });
  if (!length $database) {
    print join("\t", $_, $tables{$_}, $rows{$_}), "\n" for sort keys %tables;
    return;
  }
  first(\@kept, $limit + 1);
  my $more = @kept > $limit && pop @kept;
  print join("\t", @$_), "\n" for @kept;
  print "\t$kept[-1][0]\n" if $more;
}

# --- which of it is chosen ----------------------------------------------------------------------------------------

# chosen LIST PATHS [all]: the lines of a list that are one of the paths or below one. With `all`, 3 where one is not there.
sub chosen {
  my ($list, $paths, $all) = @_;
  my %wanted;
  lines_of($paths, sub { $wanted{"files/$_"} = 0 });
  lines_of($list, sub {
    my $line = $_;
    my ($path) = split /\t/, $line, 2;
    # every directory above it, itself first
    for (my $part = $path; length $part; $part =~ s{/?[^/]*\z}{}) {
      next unless exists $wanted{$part};
      $wanted{$part}++ if $part eq $path;
      print $line, "\n";
      last;
    }
  });
  if ($all) {
    for my $path (sort grep { !$wanted{$_} } keys %wanted) { print STDERR $path =~ s{^files/}{}r, "\n"; exit 3 }
  }
}

# includes PATHS FROM: each as a pattern of restic's that means this one path.
sub includes {
  my ($paths, $from) = @_;
  lines_of($paths, sub { print "$from/" . read_back($_) =~ s/([\\*?\[])/\\$1/gr, "\0" });
}

# gather TREE AREA PATHS ENTRIES: takes each out of a tree that only root can reach, to be AREA/<number>. "number, path,
# inode, modes of the directories above" a line.
sub gather {
  my ($tree, $area, $paths, $entries) = @_;
  my (%mode, $number);
  lines_of($entries, sub { my ($path, $type, $mode) = split /\t/; $mode{$path} = $mode if $type eq 'd' });
  $number = 0;
  lines_of($paths, sub {
    my $path = $_;
    my @modes;
    for (my $above = $path; $above =~ s{/[^/]*\z}{};) { unshift @modes, $mode{"files/$above"} // '750' }
    my $from = "$tree/" . read_back($path);
    rename $from, "$area/$number" or die "$path: $!\n";
    print join("\t", $number, $path, (lstat "$area/$number")[1], join ',', @modes), "\n";
    $number++;
  });
}

# --- taking a place -----------------------------------------------------------------------------------------------
# Nothing in a home may be believed twice: each directory is opened where the one above it is held open, and never by a
# link. What is at /proc/self/fd/<number> is the directory that was opened, wherever it may be by now.

# swap HOME AREA UID GID LIST [look]: of every line the thing with that inode gets its place in the home, or nothing does
# where it says none; what was there lies in the area afterwards under the line's number. Each in one step. What has its
# place already is passed over, so it can be asked for again. With `look` nothing is changed. A directory that was made
# is told. 4, with path and reason, where something else is in the way.
sub swap {
  my ($home, $area, $uid, $gid, $list, $look) = @_;
  lines_of($list, sub {
    my ($number, $path, $inode, $modes) = split /\t/;
    my @parts = map { read_back($_) } split m{/}, $path;
    my $name = pop @parts;
    my $above = way($home, $path, $uid, $gid, [split /,/, $modes // ''], $look || $inode eq NOTHING, @parts);
    return if $look || !$above;
    take_place("$area/$number", '/proc/self/fd/' . fileno($above) . "/$name", $inode, $path);
  });
}

# The directory that a path ends in, held open; made where it is missing, or undefined where that is not wanted.
sub way {
  my ($home, $path, $uid, $gid, $modes, $only_look, @parts) = @_;
  my $here = directory($home) or die "$home: $!\n";
  my $so_far = '';
  for my $part (@parts) {
    my $next = '/proc/self/fd/' . fileno($here) . "/$part";
    $so_far .= (length $so_far ? '/' : '') . written($part);
    my $mode = shift @$modes;
    my $opened = directory($next);
    if (!$opened && $!{ENOENT}) {
      return if $only_look;
      if (mkdir $next, 0700) {
        print "MADE\t$so_far\n";
      } elsif (!$!{EEXIST}) {
        die "$so_far: $!\n";
      }
      $opened = directory($next);
      own($opened, $uid, $gid, $mode) if $opened;
    }
    in_the_way($path, $so_far) unless $opened;
    $here = $opened;
  }
  return $here;
}

sub directory { sysopen my $handle, shift, O_PATH | O_DIRECTORY | O_NOFOLLOW or return; return $handle }

# Only what was just made is root's below a home.
sub own {
  my ($opened, $uid, $gid, $mode) = @_;
  return if (stat $opened)[4] != $> || $uid == $> && !defined $mode;
  my $itself = '/proc/self/fd/' . fileno $opened;
  chmod oct($mode // '750') & 0777, $itself;
  chown $uid, $gid, $itself if $uid != $>;
}

sub in_the_way { my ($path, $what) = @_; print STDERR "$path\t$what\n"; exit 4 }

# The site may put something there, or take it away, between looking and doing: then it is looked at again.
sub take_place {
  my ($aside, $place, $inode, $path) = @_;
  for (1 .. 50) {
    my $there = (lstat $place)[1];
    return if $inode eq NOTHING ? !defined $there : defined $there && $there == $inode;
    return if renamed($inode eq NOTHING ? ($place, $aside, $NOREPLACE) : ($aside, $place, defined $there ? $EXCHANGE : $NOREPLACE));
    in_the_way($path, $path) unless $!{ENOENT} || $!{EEXIST};
  }
  in_the_way($path, $path);
}

sub renamed {
  my ($from, $to, $how) = @_;
  my $machine = (POSIX::uname())[4];
  my $number = {x86_64 => 316, aarch64 => 276, riscv64 => 276}->{$machine} or die "renameat2: its number on $machine is not known\n";
  return syscall($number, -100, "$from\0", -100, "$to\0", $how) == 0;
}

# back AREA LIST: the list by which a swap is taken back: of those that took their places, what was there before.
sub back {
  my ($area, $list) = @_;
  my @lines;
  lines_of($list, sub {
    my ($number, $path, $inode) = split /\t/;
    my $aside = (lstat "$area/$number")[1];
    unshift @lines, join("\t", $number, $path, $aside // NOTHING, '') unless defined $aside && $aside == $inode;
  });
  print "$_\n" for @lines;
}

# unmake HOME MADE: takes the directories away again that a swap made, unless somebody uses them by now.
sub unmake {
  my ($home, $made) = @_;
  my @made;
  lines_of($made, sub { unshift @made, $1 if /^MADE\t(.*)/ });
  for my $path (@made) {
    my @parts = map { read_back($_) } split m{/}, $path;
    my $name = pop @parts;
    my $here = directory($home);
    $here = $here && directory('/proc/self/fd/' . fileno($here) . "/$_") for @parts;
    rmdir '/proc/self/fd/' . fileno($here) . "/$name" if $here;
  }
}

# --- settings that name the site ----------------------------------------------------------------------------------

# adapt TREE FACTS: in a tree that only root can reach, wp-config.php and .env get the database and the address of
# another site. FACTS has "database, old, new, password" and "address, scheme, domain". The changed ones are told.
sub adapt {
  my ($tree, $facts) = @_;
  my (%new, %password, $scheme, $domain);
  lines_of($facts, sub {
    my ($kind, $one, $two, $three) = split /\t/;
    if ($kind eq 'address') { ($scheme, $domain) = ($one, $two) } else { ($new{$one}, $password{$one}) = ($two, $three) }
  });
  open my $find, '-|', 'find', $tree, '-xdev', '-type', 'f', '(', '-name', 'wp-config.php', '-o', '-name', '.env', ')', '-size', '-257k',
    '!', '-path', '*/node_modules/*', '!', '-path', '*/vendor/*', '-print0' or die "find: $!\n";
  local $/ = "\0";
  my @files = sort <$find>;
  chomp @files;
  for my $file (grep { defined } @files[0 .. 49]) {
    local $/;
    sysopen my $old, $file, O_RDONLY | O_NOFOLLOW or die "$file: $!\n";
    my @facts = stat $old;
    my $text = <$old>;
    my $before = $text;
    if ($file =~ m{/wp-config\.php\z}) { php($text, \%new, \%password, $domain) } else { env($text, \%new, \%password, $scheme, $domain) }
    next if $text eq $before;
    my $beside = "$file.chom-new";
    unlink $beside;
    sysopen my $changed, $beside, O_WRONLY | O_CREAT | O_EXCL, 0600 or die "$file: $!\n";
    print {$changed} $text and close $changed or die "$file: $!\n";
    chown $facts[4], $facts[5], $beside if $facts[4] != $> || $facts[5] != $) + 0;
    chmod $facts[2] & 0777, $beside or die "$file: $!\n";
    rename $beside, $file or die "$file: $!\n";
    print written(substr $file, length($tree) + 1), "\n";
  }
}

# What is put in is letters, digits and ._- only: nothing of it can end a text.
sub php {
  my ($new, $password, $domain) = @_[1 .. 3];
  my $constant = sub { my $name = shift; qr/^([ \t]*define\s*\(\s*(['"])$name\2\s*,\s*)(['"])([^'"\n]*)\3/m };
  my ($pattern, $database) = ($constant->('DB_NAME'));
  if ($_[0] =~ $pattern && exists $new->{$4}) {
    $database = $4;
    my $name = $new->{$database};
    $_[0] =~ s/$pattern/${1}'${name}'/g;
    $pattern = $constant->('DB_USER');
    $_[0] =~ s/$pattern/${1}'${name}'/g;
    $pattern = $constant->('DB_PASSWORD');
    $_[0] =~ s/$pattern/${1}'$password->{$database}'/g if length $password->{$database};
  }
  my $address = "(empty(\$_SERVER['HTTPS']) || \$_SERVER['HTTPS'] === 'off' ? 'http' : 'https') . '://$domain";
  my $missing = '';
  for my $name ('WP_HOME', 'WP_SITEURL') {
    next if $_[0] =~ s{^([ \t]*define\s*\(\s*(['"])$name\2\s*,\s*)(['"])https?://[^/'"\n]*(/[^'"\n]*)?\3}{$1 . $address . ($4 // '') . "'"}gme;
    next if $_[0] =~ /^[ \t]*define\s*\(\s*(['"])$name\1/m;
    $missing .= "define('${name}', ${address}');\n";
  }
  $_[0] =~ s/\A(.*?<\?php[^\n]*\n)/$1$missing/s;
}

sub env {
  my ($new, $password, $scheme, $domain) = @_[1 .. 4];
  my $value = sub { my $name = shift; qr/^([ \t]*(?:export[ \t]+)?(?:$name)=)(["']?)([^"'\r\n]*)\2[ \t]*(\r?)$/m };
  my $pattern = $value->('DB_DATABASE|DB_NAME');
  if ($_[0] =~ $pattern && exists $new->{$3}) {
    my $database = $3;
    my $name = $new->{$database};
    $_[0] =~ s/$pattern/${1}${2}${name}${2}${4}/g;
    $pattern = $value->('DB_USERNAME|DB_USER');
    $_[0] =~ s/$pattern/${1}${2}${name}${2}${4}/g;
    $pattern = $value->('DB_PASSWORD');
    $_[0] =~ s/$pattern/${1}${2}$password->{$database}${2}${4}/g if length $password->{$database};
  }
  for my $old (keys %$new) {
    my $word = length $password->{$old} ? ":$password->{$old}" : undef;
    $_[0] =~ s{(\b(?:mysql2?|mariadb)://)\Q$old\E(:[^@\s"']*)?@([^/\s"']+)/\Q$old\E\b}{$1 . $new->{$old} . ($word // $2 // '') . "\@$3/$new->{$old}"}ge;
  }
  $_[0] =~ s{^([ \t]*(?:export[ \t]+)?(?:WP_HOME|WP_SITEURL|APP_URL)=["']?)https?://[^/"'\s]+}{$1$scheme://$domain}gm;
}

my %work = (list => \&list, tables => \&tables, chosen => \&chosen, includes => \&includes, gather => \&gather, swap => \&swap,
  back => \&back, unmake => \&unmake, adapt => \&adapt);
my $word = shift // '';
($work{$word} or die "pick.pl: no such work\n")->(@ARGV);
close STDOUT or die "cannot write: $!\n";
