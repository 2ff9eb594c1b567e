package io.chom.web.sites;

import io.chom.accounts.Caller;
import io.chom.accounts.Permission;
import io.chom.operations.Operations;
import io.chom.sites.DeletedSite;
import io.chom.sites.SiteFilter;
import io.chom.sites.SiteId;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteTopics;
import io.chom.sites.SiteView;
import io.chom.sites.Sites;
import io.chom.web.operations.OperationLines;
import io.chom.web.support.Addresses;
import io.chom.web.support.Choice;
import io.chom.web.support.Words;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Assembles the pages about sites. */
@Component
class SitePages {
  private static final int PAGE = 25;
  private static final int OPERATIONS = 5;

  private final Sites sites;
  private final Operations operations;
  private final CertificateCards certificates;

  SitePages(Sites sites, Operations operations, CertificateCards certificates) {
    this.sites = sites;
    this.operations = operations;
    this.certificates = certificates;
  }

  /** The page of sites, and those that can be brought back. */
  record Listed(SiteList page, List<DeletedRow> deleted) {}

  Listed list(@Nullable String search, @Nullable SiteStatus status, @Nullable UUID before, boolean mayWrite,
      Words words) {
    String query = search == null ? "" : search.strip();
    var both = sites.listing(new SiteFilter(query.isEmpty() ? null : query, status,
        before == null ? null : new SiteId(before), PAGE + 1), PAGE);
    var read = both.sites();
    var addresses = Addresses.of("/sites", before).with("q", query).with("status",
        status == null ? null : status.name());
    boolean untouched = read.isEmpty() && query.isEmpty() && status == null && before == null;
    var page = new SiteList(SiteRows.of(read.subList(0, Math.min(PAGE, read.size())), words), query,
        choices(status, words), addresses.pager(read, PAGE, SiteView::id), addresses.here(), untouched, mayWrite);
    return new Listed(page, deleted(both.deleted(), mayWrite, words));
  }

  private static List<Choice> choices(@Nullable SiteStatus chosen, Words words) {
    return Arrays.stream(SiteStatus.values()).filter(status -> status != SiteStatus.DELETED)
        .map(status -> new Choice(status.name(), words.say("site.status." + status), status == chosen)).toList();
  }

  List<DeletedRow> deleted(boolean mayUndo, Words words) {
    return deleted(sites.deleted(PAGE), mayUndo, words);
  }

  private static List<DeletedRow> deleted(List<DeletedSite> deleted, boolean mayUndo, Words words) {
    return deleted.stream().map(site -> new DeletedRow(site.domain(), site.serverName(),
        words.moment(site.deletedAt()), words.moment(site.until()),
        mayUndo ? "/sites/" + site.id() + "/undo-deletion" : "")).toList();
  }

  SitePage page(SiteView site, Caller caller, Words words) {
    return page(site, caller, List.of(), words);
  }

  /** @param certificateFaults why the certificate that was asked for was refused */
  SitePage page(SiteView site, Caller caller, List<String> certificateFaults, Words words) {
    String here = "/sites/" + site.id();
    var measured = site.storageAt();
    return new SitePage(site.id().toString(), here, site.domain(), SiteRows.state(site.status(), words),
        SiteRows.kind(site, words), site.serverName(), site.publicHost(),
        Objects.requireNonNullElseGet(site.documentRoot(), () -> words.say("site.folder.none")), site.unixUser(),
        SiteRows.storage(site, words), measured == null ? null : words.moment(measured),
        certificates.of(site, caller, certificateFaults, words),
        words.moment(site.createdAt()), visit(site), failure(site, words),
        OperationLines.of(operations.page(null, site.id().value(), null, OPERATIONS), words),
        SiteTopics.site(site.id().value()), turns(site) + ", " + certificates.turns(site.id()),
        caller.can(Permission.SITES_DELETE) && site.status().next().contains(SiteStatus.DELETING),
        here + "/delete",
        caller.can(Permission.SITES_WRITE) && site.status() == SiteStatus.FAILED && !site.halfRestored()
            ? here + "/try-again"
            : null,
        caller.can(Permission.SITES_WRITE) && site.status() == SiteStatus.ACTIVE ? here + "/disable" : null,
        caller.can(Permission.SITES_WRITE) && site.status() == SiteStatus.DISABLED ? here + "/enable" : null);
  }

  private static @Nullable String failure(SiteView site, Words words) {
    return site.halfRestored() ? words.say("site.half-restored", String.valueOf(site.failure())) : site.failure();
  }

  /** Every other status that the page can show. */
  private static String turns(SiteView site) {
    return Arrays.stream(SiteStatus.values())
        .filter(status -> status != site.status() && status != SiteStatus.DELETED)
        .map(status -> "sse:" + SiteRows.isNow(site.id(), status)).collect(Collectors.joining(", "));
  }

  /** Where a browser finds the site. One on this very machine has a name that leads here without any name server. */
  private static @Nullable String visit(SiteView site) {
    if (site.status() != SiteStatus.ACTIVE) {
      return null;
    }
    boolean here = site.publicHost().equals("localhost") || site.publicHost().startsWith("localhost:");
    // its https is on a port of its own, to which http leads
    return (site.sslEnabled() && !here ? "https://" : "http://") + site.domain()
        + (here ? "." + site.publicHost() : "");
  }
}
