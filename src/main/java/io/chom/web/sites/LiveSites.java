package io.chom.web.sites;

import io.chom.accounts.Permission;
import io.chom.backups.Backups;
import io.chom.operations.Operations;
import io.chom.sites.CertificateView;
import io.chom.sites.Certificates;
import io.chom.sites.Databases;
import io.chom.sites.SiteFilter;
import io.chom.sites.SiteId;
import io.chom.sites.SiteNotFound;
import io.chom.sites.SiteStatus;
import io.chom.sites.SiteTopics;
import io.chom.sites.Sites;
import io.chom.web.live.LiveEvent;
import io.chom.web.live.LiveState;
import io.chom.web.live.LiveView;
import io.chom.web.operations.OperationLines;
import io.chom.web.support.Fragments;
import io.chom.web.support.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Sites as they change. */
@Component
class LiveSites implements LiveView {
  private static final Pattern ONE = Pattern.compile("site:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");
  private static final int RECENT = 25;
  private static final int OPERATIONS = 5;

  private final Sites sites;
  private final Certificates certificates;
  private final Databases databases;
  private final Backups backups;
  private final Operations operations;
  private final Fragments fragments;

  LiveSites(Sites sites, Certificates certificates, Databases databases, Backups backups, Operations operations,
      Fragments fragments) {
    this.sites = sites;
    this.certificates = certificates;
    this.databases = databases;
    this.backups = backups;
    this.operations = operations;
    this.fragments = fragments;
  }

  @Override
  public boolean knows(String topic) {
    return topic.equals(SiteTopics.ALL) || ONE.matcher(topic).matches();
  }

  @Override
  public Permission needs() {
    return Permission.SITES_READ;
  }

  @Override
  public LiveState look(String topic, boolean changed, Words words) {
    var events = new ArrayList<LiveEvent>();
    var one = ONE.matcher(topic);
    if (one.matches()) {
      return one(new SiteId(UUID.fromString(one.group(1))), words);
    }
    // the newest only: a list further down asks again when something changes
    sites.page(new SiteFilter(null, null, null, RECENT))
        .forEach(site -> events.add(state(site.id(), site.status(), words)));
    if (changed) {
      events.add(LiveEvent.lookAgain(SiteTopics.ALL));
    }
    return new LiveState(events, false);
  }

  private LiveState one(SiteId site, Words words) {
    var status = status(site);
    // read after it, so that the last status comes with the end of what led there
    var latest = operations.page(null, site.value(), null, OPERATIONS);
    if (status == SiteStatus.DELETED && latest.isEmpty()) {
      throw new SiteNotFound(site);
    }
    var list = fragments.render("operations/progress", "latest", words.locale(),
        Map.of("operations", OperationLines.of(latest, words)));
    var events = new ArrayList<LiveEvent>(List.of(state(site, status, words),
        new LiveEvent("site-operations-" + site, list), LiveEvent.lookAgain(SiteRows.isNow(site, status)),
        LiveEvent.lookAgain(CertificateCards.isNow(site, certificate(site)))));
    if (status != SiteStatus.DELETED) {
      databases.seenOf(site)
          .forEach(one -> events.add(LiveEvent.lookAgain(DatabaseCards.isNow(one.id(), one.status()))));
      backups.seenOf(site, BackupCards.WATCHED)
          .forEach(one -> events.add(LiveEvent.lookAgain(BackupCards.isNow(one))));
    }
    return new LiveState(events, status == SiteStatus.DELETED);
  }

  /** A deleted site has no page any more, but whoever watched it go is told that it went. */
  private SiteStatus status(SiteId site) {
    try {
      return sites.get(site).status();
    } catch (SiteNotFound _) {
      return SiteStatus.DELETED;
    }
  }

  private @Nullable CertificateView certificate(SiteId site) {
    try {
      return certificates.of(site).orElse(null);
    } catch (SiteNotFound _) {
      return null;
    }
  }

  private LiveEvent state(SiteId site, SiteStatus status, Words words) {
    return new LiveEvent("site-state-" + site, fragments.render("components/badge", "state", words.locale(),
        Map.of("badge", SiteRows.state(status, words))));
  }
}
