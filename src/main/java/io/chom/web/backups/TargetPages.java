package io.chom.web.backups;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.backups.TargetKind;
import io.chom.backups.TargetStatus;
import io.chom.backups.TargetView;
import io.chom.backups.Targets;
import io.chom.servers.Servers;
import io.chom.tenancy.TenantId;
import io.chom.web.support.Badge;
import io.chom.web.support.Choice;
import io.chom.web.support.Faults;
import io.chom.web.support.Words;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Assembles the pages about where backups go. */
@Component
class TargetPages {
  static final String HERE = "/backups/targets";

  private final Targets targets;
  private final Servers servers;

  TargetPages(Targets targets, Servers servers) {
    this.targets = targets;
    this.servers = servers;
  }

  TargetPage.Overview overview(Caller caller, Words words) {
    boolean may = caller.can(Permission.BACKUPS_SCHEDULE);
    boolean forAll = caller.tenant().equals(TenantId.PLATFORM);
    return new TargetPage.Overview(targets.list().stream().map(one -> line(one, may, words)).toList(), may,
        kinds(forAll).map(kind -> new TargetPage.Kind(kind(kind, words), words.say("target.kind.text." + kind),
            icon(kind), HERE + "/new?kind=" + kind.word())).toList(),
        forAll);
  }

  static Stream<TargetKind> kinds(boolean forAll) {
    var typed = Stream.of(TargetKind.SFTP, TargetKind.S3, TargetKind.REST, TargetKind.SERVER);
    return forAll ? Stream.concat(typed, Stream.of(TargetKind.LOCAL)) : typed;
  }

  private static String icon(TargetKind kind) {
    return switch (kind) {
      case LOCAL -> "archive";
      case SERVER -> "server-2";
      case SFTP -> "lock";
      case S3 -> "stack-2";
      case REST -> "world";
    };
  }

  private static TargetPage.Line line(TargetView one, boolean may, Words words) {
    boolean own = one.mine() && one.createdAt() != null && !isOfItself(one);
    return new TargetPage.Line(TargetChoices.name(one.name(), one.kind(), words), kind(one.kind(), words),
        own ? HERE + "/" + one.id() : null, where(one, words), state(one, words), one.isDefault(), one.shared(),
        load(one, words), may && !one.isDefault() && one.status().usable() ? HERE + "/" + one.id() + "/default" : null,
        one.checkFailure());
  }

  /** The directory on each server, which nobody made. */
  private static boolean isOfItself(TargetView one) {
    return one.kind() == TargetKind.LOCAL && !one.shared();
  }

  /** As people write it: without what only machines put in front. */
  private static String where(TargetView one, Words words) {
    if (isOfItself(one)) {
      return words.say("target.local.where");
    }
    return Objects.requireNonNullElse(one.location(), "").replaceFirst("^(s3|rest):", "");
  }

  private static String load(TargetView one, Words words) {
    return words.say("target.load", one.backups(), words.bytes(one.bytes()));
  }

  private static Badge state(TargetView one, Words words) {
    String tone = switch (one.status()) {
      case NEW -> "warn";
      case READY -> "ok";
      case UNREACHABLE -> "bad";
      case REMOVING -> "busy";
      case REMOVED -> "quiet";
    };
    return new Badge(tone, words.say("target.status." + one.status()));
  }

  static String kind(TargetKind kind, Words words) {
    return words.say("target.kind." + kind);
  }

  TargetPage.Add add(TargetKind kind, TargetForm form, Faults faults, Caller caller, Words words) {
    return new TargetPage.Add(kind.word(), words.say("target.add", kind(kind, words)),
        words.say("target.kind.text." + kind), form, faults, servers(caller, form, kind), caller.tenant()
            .equals(TenantId.PLATFORM));
  }

  private List<Choice> servers(Caller caller, TargetForm form, TargetKind kind) {
    var chosen = kind == TargetKind.SERVER ? form.on() : form.server();
    return caller.tenant().equals(TenantId.PLATFORM)
        ? servers.names().stream().map(one -> choice(one.id().value(), one.name(), chosen)).toList()
        : servers.ofTenant().stream().map(one -> choice(one.id().value(), one.name(), chosen)).toList();
  }

  private static Choice choice(UUID id, String name, @Nullable String chosen) {
    return new Choice(id.toString(), name, id.toString().equals(chosen));
  }

  TargetPage.Detail detail(TargetView one, @Nullable TargetForm form, Faults faults, Caller caller, Words words) {
    var checked = one.checkedAt();
    var shown = form != null ? form : form(one);
    return new TargetPage.Detail(one.name(), HERE + "/" + one.id(), kind(one.kind(), words), state(one, words),
        where(one, words), one.publicKey(), one.fingerprint(), one.region(), one.ownAuthorities(),
        keptBy(one, caller), one.appendOnly(), checked == null ? null : words.moment(checked), one.checkFailure(),
        load(one, words),
        one.isDefault(), one.status() == TargetStatus.NEW && one.kind() == TargetKind.SFTP,
        one.location() != null && one.status() != TargetStatus.REMOVING,
        one.kind() == TargetKind.S3 || one.kind() == TargetKind.REST, shown, faults);
  }

  TargetPage.Forget forget(TargetView one, Targets.Loss loss, Faults faults, Words words) {
    return new TargetPage.Forget(one.name(), HERE + "/" + one.id(), words.say("target.forget.lost", loss.backups()),
        loss.lastOf(), loss.lastProvenOf(), faults);
  }

  private @Nullable String keptBy(TargetView one, Caller caller) {
    var id = one.server();
    if (id == null) {
      return null;
    }
    return caller.tenant().equals(TenantId.PLATFORM)
        ? servers.names().stream().filter(server -> server.id().value().equals(id)).map(server -> server.name())
            .findFirst().orElse(id.toString())
        : servers.ofTenant().stream().filter(server -> server.id().value().equals(id)).map(server -> server.name())
            .findFirst().orElse(id.toString());
  }

  private static TargetForm form(TargetView one) {
    return new TargetForm(one.kind().word(), one.name(), null, null, null, null, null, number(one.uploadKbps()),
        number(one.downloadKbps()), null, null);
  }

  private static String number(@Nullable Integer number) {
    return number == null ? "" : number.toString();
  }
}
