package io.chom.web.sites;

import io.chom.accounts.Permission;
import io.chom.operations.Operations;
import io.chom.sites.SiteFilter;
import io.chom.sites.SiteId;
import io.chom.sites.SiteTopics;
import io.chom.sites.SiteView;
import io.chom.sites.Sites;
import io.chom.web.live.LiveEvent;
import io.chom.web.live.LiveState;
import io.chom.web.live.LiveView;
import io.chom.web.operations.OperationLines;
import io.chom.web.support.Fragments;
import io.chom.web.support.Words;
import java.util.ArrayList;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.springframework.stereotype.Component;

/** Sites as they change. */
@Component
class LiveSites implements LiveView {
  private static final Pattern ONE = Pattern.compile("site:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})");
  private static final int RECENT = 25;
  private static final int OPERATIONS = 5;

  private final Sites sites;
  private final Operations operations;
  private final Fragments fragments;

  LiveSites(Sites sites, Operations operations, Fragments fragments) {
    this.sites = sites;
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
      var site = sites.get(new SiteId(UUID.fromString(one.group(1))));
      events.add(state(site, words));
      events.add(operations(site, words));
      return new LiveState(events, false);
    }
    // the newest only: a list further down asks again when something changes
    sites.page(new SiteFilter(null, null, null, RECENT)).forEach(site -> events.add(state(site, words)));
    if (changed) {
      events.add(LiveEvent.lookAgain(SiteTopics.ALL));
    }
    return new LiveState(events, false);
  }

  private LiveEvent state(SiteView site, Words words) {
    return new LiveEvent("site-state-" + site.id(), fragments.render("components/badge", "state", words.locale(),
        Map.of("badge", SiteRows.state(site.status(), words))));
  }

  private LiveEvent operations(SiteView site, Words words) {
    var latest = operations.page(null, site.id().value(), null, OPERATIONS);
    return new LiveEvent("site-operations-" + site.id(), fragments.render("operations/progress", "latest",
        words.locale(), Map.of("operations", OperationLines.of(latest, words))));
  }
}
