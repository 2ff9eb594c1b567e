package io.chom.metrics;

import io.chom.metrics.Answers.Told;
import io.chom.metrics.Answers.Wanted;
import io.chom.metrics.Board.Line;
import io.chom.metrics.Board.Panel;
import io.chom.metrics.Board.State;
import io.chom.promql.Answer.Curve;
import io.chom.promql.Question;
import io.chom.promql.TenantScope;
import io.chom.servers.ServerId;
import io.chom.servers.ServerNotFound;
import io.chom.sites.SiteId;
import io.chom.sites.Sites;
import io.chom.tenancy.TenantContext;
import io.chom.tenancy.TenantId;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;

/** How the current tenant's sites, one of them, or a server are doing. */
@Service
public class Boards {
  private final Answers answers;
  private final Sites sites;
  private final ScrapeFleet fleet;
  private final Clock clock;

  Boards(Answers answers, Sites sites, ScrapeFleet fleet, Clock clock) {
    this.answers = answers;
    this.sites = sites;
    this.fleet = fleet;
    this.clock = clock;
  }

  /** All sites of the current tenant. */
  public Board ofSites(BoardRange range) {
    var tenant = TenantContext.current();
    return board(range, tenant, scope(tenant), PanelKind.OF_SITES);
  }

  /**
   * One site of the current tenant.
   *
   * @throws io.chom.sites.SiteNotFound it has none by this id
   */
  public Board ofSite(SiteId site, BoardRange range) {
    var tenant = TenantContext.current();
    sites.get(site);
    return board(range, tenant, scope(tenant).and("site_id", site.toString()), PanelKind.OF_SITES);
  }

  /**
   * One server, as the machine it is: the current tenant's own, for operators any. A machine that tenants share is
   * nobody's but theirs; so are the requests of each tenant's sites, which they do not see here.
   *
   * @param everyones whether the caller may see the whole fleet
   * @throws ServerNotFound there is none by this id that the caller may see
   */
  public Board ofServer(ServerId server, boolean everyones, BoardRange range) {
    var machine = fleet.targetsOf(server).stream().filter(target -> target.job() == ScrapeJob.NODE)
        .filter(target -> everyones || target.tenant().equals(TenantContext.current())).findFirst()
        .orElseThrow(() -> new ServerNotFound(server));
    return board(range, machine.tenant(), scope(machine.tenant()).and("server_id", server.toString()),
        PanelKind.OF_SERVER);
  }

  static TenantScope scope(TenantId tenant) {
    return TenantScope.of(ScrapeTarget.labelOf(tenant));
  }

  private Board board(BoardRange range, TenantId tenant, TenantScope scope, List<PanelKind> kinds) {
    var window = range.until(clock.instant());
    var wanted = new LinkedHashMap<String, Wanted>();
    for (var kind : kinds) {
      var query = scope.query(kind.expression(range));
      wanted.put(kind.name(), new Wanted(tenant, range.word() + " " + query.text(), new Question(query, window)));
    }
    var told = answers.all(wanted);
    return new Board(range,
        kinds.stream().map(kind -> panel(kind, window.from(), Objects.requireNonNull(told.get(kind.name())))).toList());
  }

  private static Panel panel(PanelKind kind, Instant begin, Told told) {
    var known = told.known();
    var why = told.why();
    var reason = why == null ? null : why.reason().name();
    if (known == null) {
      return new Panel(kind, State.MISSING, reason, begin, null, List.of(), List.of());
    }
    var window = known.window();
    long step = window.step().toSeconds();
    var lines = known.curves().curves().stream()
        .map(curve -> line(kind, curve, window.from().getEpochSecond(), step, (int) window.points())).toList();
    var empty = lines.isEmpty() ? State.EMPTY : State.FRESH;
    return new Panel(kind, why == null ? empty : State.STALE, reason, window.from(),
        Instant.ofEpochMilli(known.asked()), lines, known.curves().warnings());
  }

  private static Line line(PanelKind kind, Curve curve, long from, long step, int count) {
    List<@Nullable Double> values = new ArrayList<>(count);
    for (int place = 0; place < count; place++) {
      values.add(null);
    }
    for (var point : curve.points()) {
      long place = Math.round((point.time() - from) / step);
      if (place >= 0 && place < count && Double.isFinite(point.value())) {
        values.set((int) place, point.value());
      }
    }
    return new Line(kind.naming().isEmpty() ? "" : curve.label(kind.naming()), values);
  }
}
