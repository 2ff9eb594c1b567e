package io.chom.web.sites;

import io.chom.backups.BackupRefused;
import io.chom.backups.BackupRefused.Reason;
import io.chom.backups.BackupType;
import io.chom.backups.RestoreScope;
import io.chom.common.Uuid7;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.util.MultiValueMap;
import org.springframework.web.util.UriComponentsBuilder;

/**
 * What somebody is about to restore, and where to, as addresses and forms carry it. A name may hold a comma, so that lists are
 * never read out of one text.
 *
 * @param what {@code full}, {@code files}, {@code database} for all of them, or {@code database:shop} for one
 * @param into {@code here}, {@code other} or {@code new}
 * @param to the other site, once it is chosen
 * @param domain the new site's, as it was typed
 */
record RestoreChoice(String what, List<String> paths, List<String> tables, String into, @Nullable UUID to,
    boolean adapt, String domain, String typedName, String requestKey) {
  static final String HERE = "here";
  static final String OTHER = "other";
  static final String NEW = "new";
  static final String DATABASE = "database:";

  /** As much of an address as names may take. */
  private static final int LENGTH = 6_000;

  static RestoreChoice of(MultiValueMap<String, String> sent) {
    var paths = Objects.requireNonNullElse(sent.get("path"), List.<String>of()).stream().distinct().toList();
    var tables = Objects.requireNonNullElse(sent.get("table"), List.<String>of()).stream().distinct().toList();
    var into = first(sent, "into", HERE);
    return new RestoreChoice(paths.isEmpty() ? first(sent, "what", "") : BackupType.FILES.word(), paths, tables,
        into.equals(OTHER) || into.equals(NEW) ? into : HERE, id(sent.getFirst("to")), !sent.containsKey("sent")
            || sent.containsKey("adapt"),
        first(sent, "domain", ""), first(sent, "typedName", ""), first(sent, "requestKey", Uuid7.next().toString()));
  }

  private static String first(MultiValueMap<String, String> sent, String name, String otherwise) {
    var value = sent.getFirst(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }

  private static @Nullable UUID id(@Nullable String text) {
    try {
      return text == null || text.isEmpty() ? null : UUID.fromString(text);
    } catch (IllegalArgumentException _) {
      // then none is chosen yet
      return null;
    }
  }

  /** @throws BackupRefused it names no part, or too much of one */
  RestoreScope scope() {
    if (paths.stream().mapToInt(String::length).sum() + tables.stream().mapToInt(String::length).sum() > LENGTH) {
      throw new BackupRefused(Reason.TOO_MUCH_CHOSEN, "paths");
    }
    boolean one = what.startsWith(DATABASE);
    var part = one ? BackupType.DATABASE : BackupType.of(what, "what");
    return new RestoreScope(part, one ? what.substring(DATABASE.length()) : null, paths, one ? tables : List.of(),
        adaptable() && adapt);
  }

  boolean isHere() { return into.equals(HERE); }

  boolean isNew() { return into.equals(NEW); }

  boolean single() {
    return !paths.isEmpty() || !tables.isEmpty();
  }

  /** Whether files come whose settings name another site. */
  boolean adaptable() {
    return !isHere() && !single() && (what.equals(BackupType.FULL.word()) || what.equals(BackupType.FILES.word()));
  }

  RestoreChoice part(String other) {
    return new RestoreChoice(other, List.of(), List.of(), into, to, adapt, domain, typedName, requestKey);
  }

  RestoreChoice place(String other) {
    return new RestoreChoice(what, paths, tables, other, null, adapt, domain, typedName, requestKey);
  }

  /** Another one with each form: whoever goes back may mean a second restore. */
  RestoreChoice fresh() {
    return new RestoreChoice(what, paths, tables, into, to, adapt, domain, typedName, Uuid7.next().toString());
  }

  /** A page that knows this choice. */
  String at(String page) {
    return at(page, List.of());
  }

  String planAt(String page) {
    return at(page, List.of(new Hidden("plan", "true")));
  }

  /** As {@link #at(String)}, with more to know. */
  String at(String page, List<Hidden> more) {
    var address = UriComponentsBuilder.fromPath(page);
    // names may look like placeholders, so that each goes in as the value of one
    var values = new ArrayList<Object>();
    Stream.concat(hidden().stream(), more.stream()).forEach(field -> {
      address.queryParam(field.name(), "{value}");
      values.add(field.value());
    });
    return address.encode().buildAndExpand(values.toArray()).toUriString();
  }

  /** A field that a form carries without showing it. */
  record Hidden(String name, String value) {}

  List<Hidden> hidden() {
    var fields = new ArrayList<Hidden>();
    if (!what.isEmpty() && paths.isEmpty()) {
      fields.add(new Hidden("what", what));
    }
    paths.forEach(path -> fields.add(new Hidden("path", path)));
    tables.forEach(table -> fields.add(new Hidden("table", table)));
    fields.addAll(place());
    return fields;
  }

  /** Where to, alone. */
  List<Hidden> place() {
    var fields = new ArrayList<Hidden>();
    if (!isHere()) {
      fields.add(new Hidden("into", into));
    }
    if (to != null) {
      fields.add(new Hidden("to", to.toString()));
    }
    return fields;
  }
}
