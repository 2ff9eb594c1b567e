package io.chom.web.backups;

import static io.chom.accounts.Permission.BACKUPS_RESTORE;

import io.chom.accounts.Access;
import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.backups.BackupDownload;
import io.chom.backups.BackupDownloads;
import io.chom.backups.BackupId;
import io.chom.backups.Backups;
import io.chom.backups.DownloadCutOff;
import io.chom.backups.DownloadFailed;
import io.chom.backups.DownloadId;
import io.chom.backups.DownloadLink;
import io.chom.backups.DownloadNotFound;
import io.chom.backups.DownloadRefused;
import io.chom.common.ChomException;
import io.chom.common.RequestRefused;
import io.chom.servers.ServerNotReached;
import io.chom.sites.SiteId;
import io.chom.web.support.ErrorPage;
import io.chom.web.support.Faults;
import io.chom.web.support.Go;
import io.chom.web.support.Phrasebook;
import io.github.wimdeblauwe.htmx.spring.boot.mvc.HtmxRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RequestParam;

/**
 * Brings a backup to somebody's computer: the page where links are made, and what they open. A download has all of a
 * site's data in it, so it takes the right to restore.
 */
@Controller
class DownloadsController {
  private static final String ADDRESS = "/sites/{site}/backups/{backup}/downloads";

  private final Backups backups;
  private final BackupDownloads downloads;
  private final DownloadPages pages;
  private final Access access;
  private final Phrasebook phrasebook;

  DownloadsController(Backups backups, BackupDownloads downloads, DownloadPages pages, Access access,
      Phrasebook phrasebook) {
    this.backups = backups;
    this.downloads = downloads;
    this.pages = pages;
    this.access = access;
    this.phrasebook = phrasebook;
  }

  @GetMapping(ADDRESS)
  @Requires(BACKUPS_RESTORE)
  String page(@PathVariable UUID site, @PathVariable UUID backup, @RequestParam(defaultValue = "") String what,
      @RequestParam @Nullable String path, Model model) {
    return show(site, backup, new DownloadPages.Form(what, path, true), Faults.NONE, null, model);
  }

  @PostMapping(ADDRESS)
  @Requires(BACKUPS_RESTORE)
  String create(@PathVariable UUID site, @PathVariable UUID backup, @RequestParam(defaultValue = "") String what,
      @RequestParam @Nullable String path, @RequestParam(defaultValue = "false") boolean compressed, Caller caller,
      HttpServletResponse response, Model model) {
    var form = new DownloadPages.Form(what, path, compressed);
    try {
      var link = downloads.create(new SiteId(site), new BackupId(backup), form.toWish(), caller.actor());
      return show(site, backup, form, Faults.NONE, link, model);
    } catch (RequestRefused e) {
      response.setStatus(status(e).value());
      return show(site, backup, form, faults(e), null, model);
    }
  }

  @PostMapping(ADDRESS + "/{id}/revoke")
  @Requires(BACKUPS_RESTORE)
  String revoke(@PathVariable UUID site, @PathVariable UUID backup, @PathVariable UUID id, Caller caller,
      HtmxRequest htmx) {
    try {
      downloads.revoke(new SiteId(site), new BackupId(backup), new DownloadId(id), caller.actor());
    } catch (DownloadNotFound _) {
      // it opens nothing: just what was wanted
    }
    return Go.to(htmx, "/sites/" + site + "/backups/" + backup + "/downloads");
  }

  /** Nothing is given to somebody who only looks. */
  @RequestMapping(path = "/downloads/{id}", method = RequestMethod.HEAD)
  @Requires(BACKUPS_RESTORE)
  void look(@PathVariable UUID id, HttpServletResponse response) {
    response.setHeader(HttpHeaders.ALLOW, "GET");
    response.setStatus(HttpStatus.METHOD_NOT_ALLOWED.value());
  }

  /** On a thread of this request alone, which waits for its reader and holds up nobody. */
  @GetMapping("/downloads/{id}")
  @Requires(BACKUPS_RESTORE)
  @Nullable
  String give(@PathVariable UUID id, @RequestParam(defaultValue = "") String token, Caller caller,
      HttpServletRequest request, HttpServletResponse response, Model model) throws IOException {
    try (var download = downloads.open(new DownloadId(id), token, caller.user().userId(), caller.actor(),
        () -> access.stillAllowed(caller, BACKUPS_RESTORE))) {
      give(download, response);
      return null;
    } catch (DownloadCutOff e) {
      request.setAttribute(DownloadCutOff.ATTRIBUTE, e);
      return null;
    } catch (DownloadNotFound | DownloadRefused | DownloadFailed | ServerNotReached e) {
      return refused(e, response, model);
    }
  }

  private static void give(BackupDownload download, HttpServletResponse response) throws IOException {
    response.setContentType(download.contentType());
    response.setHeader(HttpHeaders.CONTENT_DISPOSITION,
        ContentDisposition.attachment().filename(download.fileName(), StandardCharsets.UTF_8).build().toString());
    response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    response.setHeader(HttpHeaders.ACCEPT_RANGES, "none");
    download.length().ifPresent(response::setContentLengthLong);
    response.flushBuffer();
    download.copyTo(response.getOutputStream());
  }

  private Faults faults(RequestRefused e) {
    return Faults.at(e.field().equals("path") ? "path" : "what", phrasebook.here().say(e.messageKey()));
  }

  private String refused(ChomException e, HttpServletResponse response, Model model) {
    var words = phrasebook.here();
    var status = status(e);
    response.setStatus(status.value());
    if (e instanceof DownloadRefused refused) {
      response.setHeader(HttpHeaders.RETRY_AFTER, Long.toString(seconds(refused.again())));
    }
    var sentence = switch (e) {
      case DownloadRefused refused -> words.say(refused.messageKey());
      case DownloadFailed failed -> words.say("download.failed.text", String.valueOf(failed.getMessage()));
      case ServerNotReached _ -> words.say("download.away.text");
      default -> words.say("download.over.text");
    };
    var title = e instanceof DownloadNotFound ? "download.over" : "download.failed";
    model.addAttribute("error",
        new ErrorPage(status.value(), words.say(title), sentence, "/backups", words.say("download.back"), null));
    return "error/page";
  }

  private static long seconds(Duration time) {
    return Math.max(1, time.toSeconds());
  }

  private static HttpStatus status(ChomException e) {
    return switch (e) {
      case DownloadRefused refused when !refused.again().isZero() -> HttpStatus.TOO_MANY_REQUESTS;
      case RequestRefused _ -> HttpStatus.UNPROCESSABLE_CONTENT;
      case DownloadNotFound _ -> HttpStatus.NOT_FOUND;
      default -> HttpStatus.BAD_GATEWAY;
    };
  }

  private String show(UUID site, UUID backup, DownloadPages.Form form, Faults faults,
      @Nullable DownloadLink link, Model model) {
    var view = backups.get(new SiteId(site), new BackupId(backup));
    model.addAttribute("page", pages.page(view, form, faults, link, phrasebook.here()));
    return "backups/download";
  }
}
