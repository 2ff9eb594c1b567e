package io.chom.web.metrics;

import static io.chom.accounts.Permission.METRICS_READ;

import io.chom.accounts.Requires;
import io.chom.metrics.Board;
import io.chom.metrics.BoardRange;
import io.chom.metrics.Boards;
import io.chom.sites.SiteId;
import io.chom.web.support.Phrasebook;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HxRequest;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.server.ResponseStatusException;

/** How the tenant's sites are doing. */
@Controller
@RequestMapping(MetricsPages.HERE)
class MetricsController {
  private final Boards boards;
  private final MetricsPages pages;
  private final Phrasebook phrasebook;

  MetricsController(Boards boards, MetricsPages pages, Phrasebook phrasebook) {
    this.boards = boards;
    this.pages = pages;
    this.phrasebook = phrasebook;
  }

  @GetMapping
  @Requires(METRICS_READ)
  String page(@RequestParam @Nullable UUID site, @RequestParam(defaultValue = "") String range, Model model) {
    model.addAttribute("page", pages.page(board(site, range), site, phrasebook.here()));
    return "metrics/page";
  }

  @HxRequest
  @GetMapping
  @Requires(METRICS_READ)
  String now(@RequestParam @Nullable UUID site, @RequestParam(defaultValue = "") String range, Model model) {
    return page(site, range, model) + " :: now";
  }

  @GetMapping("/{panel}.csv")
  @Requires(METRICS_READ)
  ResponseEntity<String> table(@PathVariable String panel, @RequestParam @Nullable UUID site,
      @RequestParam(defaultValue = "") String range) {
    var board = board(site, range);
    var found = board.panels().stream().filter(one -> MetricsPages.word(one.kind()).equals(panel)).findFirst()
        .orElseThrow(() -> new ResponseStatusException(HttpStatus.NOT_FOUND));
    var name = ContentDisposition.attachment().filename(panel + "-" + board.range().word() + ".csv").build();
    return ResponseEntity.ok().contentType(new MediaType("text", "csv", StandardCharsets.UTF_8))
        .header(HttpHeaders.CONTENT_DISPOSITION, name.toString()).body(MetricsTable.text(found, board.range()));
  }

  private Board board(@Nullable UUID site, String word) {
    var range = BoardRange.named(word).orElse(BoardRange.HOUR);
    return site == null ? boards.ofSites(range) : boards.ofSite(new SiteId(site), range);
  }
}
