package io.chom.api;

import static io.chom.accounts.Permission.BACKUPS_RESTORE;

import io.chom.accounts.Access;
import io.chom.accounts.Caller;
import io.chom.accounts.Requires;
import io.chom.backups.BackupDownloads;
import io.chom.backups.BackupId;
import io.chom.backups.DownloadCutOff;
import io.chom.backups.DownloadId;
import io.chom.backups.DownloadView;
import io.chom.backups.DownloadWish;
import io.chom.sites.SiteId;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Downloads of backups: links that are made for one person, and what they open. */
@Tag(name = "Backups")
@RestController
class BackupDownloadsApi {
  private static final String ADDRESS = "/api/v1/sites/{site}/backups/{backup}/downloads";
  private static final String CONTENT = "/api/v1/backup-downloads/{id}";

  private final BackupDownloads downloads;
  private final Access access;

  BackupDownloadsApi(BackupDownloads downloads, Access access) {
    this.downloads = downloads;
    this.access = access;
  }

  /**
   * What is to be downloaded.
   *
   * @param what {@code full}, {@code files} or {@code database}
   * @param path one file or directory relative to the site's home, with {@code files}
   * @param database one database, with {@code database}
   * @param compressed by gzip; yes where it is left away
   */
  record NewDownload(@NotNull @Size(max = 20) String what, @Nullable @Size(max = 4096) String path,
      @Nullable @Size(max = 100) String database, @Nullable Boolean compressed) {}

  /**
   * A link that was made.
   *
   * @param url opens it with a bearer token; told this once
   * @param browserUrl opens it in the browser where the one who made it is signed in; told this once
   * @param uses how often it was opened, of {@code mostUses} times
   */
  record DownloadBody(UUID id, @Nullable String url, @Nullable String browserUrl, String what, @Nullable String path,
      @Nullable String database, boolean compressed, String madeBy, Instant expiresAt, int uses, int mostUses,
      boolean running, @Nullable String lastStatus) {
    static DownloadBody of(DownloadView view) {
      var wish = view.wish();
      return new DownloadBody(view.id().value(), null, null, wish.part().word(), wish.path(), wish.database(),
          wish.compressed(), view.madeBy(), view.expiresAt(), view.uses(), view.mostUses(), view.running(),
          view.lastStatus());
    }
  }

  /** The links that can still be opened. */
  record Links(List<DownloadBody> items) {}

  @Operation(summary = "The links by which a backup can be downloaded now", description = "Without their secrets.")
  @GetMapping(ADDRESS)
  @Requires(BACKUPS_RESTORE)
  Links list(@PathVariable UUID site, @PathVariable UUID backup) {
    return new Links(
        downloads.of(new SiteId(site), new BackupId(backup)).stream().map(DownloadBody::of).toList());
  }

  @Operation(summary = "Make a link to download a backup or a part of it", description = "Files come as a tar with names relative to the site's home; one file, or one database's dump, as it is. The link opens for whoever made it alone, an hour long, five times.")
  @PostMapping(ADDRESS)
  @Requires(BACKUPS_RESTORE)
  ResponseEntity<DownloadBody> create(@PathVariable UUID site, @PathVariable UUID backup,
      @RequestBody @Valid NewDownload wanted, Caller caller) {
    boolean compressed = wanted.compressed() == null || wanted.compressed();
    var wish = DownloadWish.of(wanted.what(), wanted.path(), wanted.database(), compressed);
    var link = downloads.create(new SiteId(site), new BackupId(backup), wish, caller.actor());
    var secret = link.id() + "?token=" + link.token();
    return ResponseEntity.status(HttpStatus.CREATED).header(HttpHeaders.CACHE_CONTROL, "no-store")
        .body(new DownloadBody(link.id().value(), "/api/v1/backup-downloads/" + secret, "/downloads/" + secret,
            wish.part().word(), wish.path(), wish.database(), compressed, caller.actor().label(), link.expiresAt(), 0,
            link.mostUses(), false, null));
  }

  @Operation(summary = "Revoke a link", description = "Whoever downloads by it is cut off within seconds.")
  @DeleteMapping(ADDRESS + "/{id}")
  @Requires(BACKUPS_RESTORE)
  ResponseEntity<Void> revoke(@PathVariable UUID site, @PathVariable UUID backup, @PathVariable UUID id,
      Caller caller) {
    downloads.revoke(new SiteId(site), new BackupId(backup), new DownloadId(id), caller.actor());
    return ResponseEntity.noContent().build();
  }

  @Operation(hidden = true)
  @RequestMapping(path = CONTENT, method = RequestMethod.HEAD)
  @Requires(BACKUPS_RESTORE)
  ResponseEntity<Void> look(@PathVariable UUID id) {
    return ResponseEntity.status(HttpStatus.METHOD_NOT_ALLOWED).header(HttpHeaders.ALLOW, "GET").build();
  }

  @Operation(summary = "Download by a link", description = "A stream. It is whole only if its body comes to its proper end: a download that breaks off ends with the connection.")
  @GetMapping(CONTENT)
  @Requires(BACKUPS_RESTORE)
  void give(@PathVariable UUID id, @RequestParam(defaultValue = "") String token, Caller caller,
      HttpServletRequest request, HttpServletResponse response) throws IOException {
    try (var download = downloads.open(new DownloadId(id), token, caller.user().userId(), caller.actor(),
        () -> access.stillAllowed(caller, BACKUPS_RESTORE))) {
      response.setContentType(download.contentType());
      response.setHeader(HttpHeaders.CONTENT_DISPOSITION,
          ContentDisposition.attachment().filename(download.fileName(), StandardCharsets.UTF_8).build().toString());
      response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store");
      response.setHeader(HttpHeaders.ACCEPT_RANGES, "none");
      download.length().ifPresent(response::setContentLengthLong);
      response.flushBuffer();
      download.copyTo(response.getOutputStream());
    } catch (DownloadCutOff e) {
      request.setAttribute(DownloadCutOff.ATTRIBUTE, e);
    }
  }
}
