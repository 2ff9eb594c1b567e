package io.chom.servers;

import io.chom.audit.Audit;
import io.chom.common.Actor;
import io.chom.live.LiveEvents;
import io.chom.operations.NewOperation;
import io.chom.operations.Operations;
import io.chom.operations.Subject;
import io.chom.secrets.SecretBox;
import io.chom.ssh.HostKey;
import io.chom.ssh.SshDirect;
import io.chom.ssh.SshException;
import io.chom.ssh.SshKeys;
import io.chom.tenancy.TenantContext;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.springframework.stereotype.Service;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Takes servers into the fleet: looks at their host key, lets a person approve it, and then has the agent and the
 * panel's own login installed. For operators: call it as the platform tenant, outside a transaction.
 */
@Service
public class Enrolments {
  private static final int LONGEST_NAME = 100;

  private final EnrolmentRows enrolments;
  private final ServerRows servers;
  private final EnrolmentLogins logins;
  private final SshDirect ssh;
  private final SecretBox secrets;
  private final Operations operations;
  private final Audit audit;
  private final LiveEvents live;
  private final ServersProperties properties;
  private final TransactionTemplate transaction;
  private final Clock clock;

  Enrolments(EnrolmentRows enrolments, ServerRows servers, EnrolmentLogins logins, SshDirect ssh, SecretBox secrets,
      Operations operations, Audit audit, LiveEvents live, ServersProperties properties,
      TransactionTemplate transaction, Clock clock) {
    this.enrolments = enrolments;
    this.servers = servers;
    this.logins = logins;
    this.ssh = ssh;
    this.secrets = secrets;
    this.operations = operations;
    this.audit = audit;
    this.live = live;
    this.properties = properties;
    this.transaction = transaction;
    this.clock = clock;
  }

  /**
   * Asks a server for its host key without logging in. Nothing is trusted and nothing sent.
   *
   * @throws ServerNotReached with the layer that failed
   */
  public Scanned scan(ScanRequest request, Actor actor) {
    var where = request.host() + ":" + request.port();
    HostKey key;
    try {
      key = ssh.scan(request.host(), request.port(), properties.scanLimit());
    } catch (SshException e) {
      var layer = Sentences.layerOf(e);
      throw new ServerNotReached(layer, Sentences.notReached(where, layer), e);
    }
    var now = clock.instant();
    var row = new EnrolmentRow(EnrolmentId.fresh(), request.host(), request.port(), "", key.fingerprint(),
        key.algorithm(), EnrolmentStatus.SCANNED, null, null, now, now.plus(properties.approvalTime()));
    transaction.executeWithoutResult(status -> {
      enrolments.insert(row, actor);
      audit.record(actor, "server.scan", "server_enrolment", row.id().value(), where,
          Map.of("fingerprint", key.fingerprint()));
    });
    return new Scanned(row.id(), row.host(), row.port(), row.algorithm(), row.fingerprint(), row.expiresAt());
  }

  /**
   * Approves the key a scan showed, and requests the operation {@code server.enrol} on the new server. Of two approvals
   * of one enrolment one wins. After a failed enrolment the same one can be approved again with a login.
   *
   * <p>A server of the fleet that the panel cannot get into any more, as after a new installation of the machine, is
   * enrolled again in its place: it keeps its id, its name and its sites, and gets another key.
   *
   * @param approvedFingerprint what the person compared; it must be the scanned one
   * @throws EnrolmentNotFound there is no such enrolment
   * @throws EnrolmentRefused another fingerprint, too late, already approved, or the panel gets into the server as it is
   */
  public ServerId approve(EnrolmentId enrolment, String approvedFingerprint, EnrolmentLogin login, String serverName,
      Actor actor) {
    var name = checked(serverName);
    return Objects.requireNonNull(transaction.execute(status -> {
      var row = enrolments.find(enrolment).orElseThrow(() -> new EnrolmentNotFound(enrolment));
      refuseUnlessOpen(row, approvedFingerprint);
      servers.lockAddress(row.host(), row.port());
      var before = servers.lockAt(row.host(), row.port());
      before.ifPresent(known -> refuseUnlessEnrollable(known, name));
      var server = serverFor(row, name, before);
      if (!enrolments.approve(enrolment, login.user(), server)) {
        throw taken();
      }
      request(row, server, name, before, actor);
      logins.keep(enrolment, login);
      return server;
    }));
  }

  /**
   * One enrolment.
   *
   * @throws EnrolmentNotFound there is none by that id for this tenant
   */
  public EnrolmentView get(EnrolmentId enrolment) {
    return Objects.requireNonNull(transaction.execute(status -> enrolments.find(enrolment)))
        .orElseThrow(() -> new EnrolmentNotFound(enrolment)).view();
  }

  private void refuseUnlessOpen(EnrolmentRow row, String approvedFingerprint) {
    if (!row.status().next().contains(EnrolmentStatus.APPROVED)) {
      throw taken();
    }
    if (clock.instant().isAfter(row.expiresAt())) {
      throw new EnrolmentRefused("ENROLMENT_EXPIRED",
          "This key was shown too long ago. Scan the server again and compare its key.");
    }
    if (!row.fingerprint().equals(approvedFingerprint.strip())) {
      throw new EnrolmentRefused("FINGERPRINT_DIFFERS",
          "That is not the fingerprint the server showed. Compare it on the server itself: ssh-keygen -lf"
              + " /etc/ssh/ssh_host_ed25519_key.pub");
    }
  }

  private static void refuseUnlessEnrollable(ServerRow known, String name) {
    if (!known.enrollable()) {
      throw new EnrolmentRefused("SERVER_EXISTS", "The server at this address is in the fleet already, as "
          + known.name() + switch (known.status()) {
            case ENROLLING, PREPARING -> ", and is being installed. See its operations.";
            default ->
              ". Enrol it again only when it shows another host key, refuses the panel's key, or its agent does"
                  + " not answer; its page says so within minutes. To install what is missing, prepare it again.";
          });
    }
    // tenants know it by that name; and to type it is to say which server gets another machine
    if (known.wasEnrolled() && !known.name().equals(name)) {
      throw new EnrolmentRefused("SERVER_NAME_DIFFERS", "The server at this address keeps its name. Enter "
          + known.name() + ".");
    }
  }

  /** A new server, or the one at that address. */
  private ServerId serverFor(EnrolmentRow enrolment, String name, Optional<ServerRow> before) {
    servers.named(name).filter(other -> before.isEmpty() || !other.id().equals(before.get().id())).ifPresent(other -> {
      throw new EnrolmentRefused("SERVER_NAME_TAKEN", "There is a server of this name. Choose another one.");
    });
    var id = before.map(ServerRow::id).orElseGet(ServerId::fresh);
    var key = SshKeys.generate("chom-panel:" + id);
    var row = new ServerRow(id, TenantContext.current(), name, enrolment.host(), enrolment.port(), "chom",
        enrolment.fingerprint(), enrolment.algorithm(), key.fingerprint(),
        secrets.seal(key.privateKey(), ServerRow.keyContext(id)), key.publicKey(), ServerStatus.ENROLLING, false,
        properties.capacity(),
        null, null, null, List.of(), Health.NONE, null, null, now(), Upkeep.since(now()));
    if (before.isPresent()) {
      servers.enrolAgain(row);
    } else {
      servers.insert(row);
    }
    return id;
  }

  private void request(EnrolmentRow row, ServerId server, String name, Optional<ServerRow> before, Actor actor) {
    var until = now().plus(properties.loginTime());
    // takes none of the server's places: the operations that hold them may be waiting for this one
    operations.request(NewOperation.interactive(EnrolServer.TYPE, new Subject("server", server.value(), name), null,
        Map.of("enrolment", row.id().toString(), "node", logins.node(), "login_until", until.toString())),
        actor);
    var address = row.host() + ":" + row.port();
    before.filter(ServerRow::wasEnrolled).ifPresentOrElse(
        known -> audit.record(actor, "server.enrol.again", "server", server.value(), name, Map.of("address", address,
            "fingerprint", row.fingerprint(), "before", known.hostKey(), "status", known.status().name())),
        () -> audit.record(actor, "server.enrol", "server", server.value(), name,
            Map.of("address", address, "fingerprint", row.fingerprint())));
    live.changedAfterCommit(TenantContext.current(), ServerTopics.ALL, ServerTopics.server(server));
  }

  private Instant now() {
    return clock.instant();
  }

  private static EnrolmentRefused taken() {
    return new EnrolmentRefused("ENROLMENT_TAKEN", "This key is approved already. See the server's operations.");
  }

  private static String checked(String name) {
    var stripped = name.strip();
    if (stripped.isEmpty() || stripped.length() > LONGEST_NAME || stripped.chars().anyMatch(Character::isISOControl)) {
      throw new EnrolmentRefused("INVALID_SERVER_NAME",
          "Give the server a name of 1 to " + LONGEST_NAME + " characters, such as web-3.");
    }
    return stripped;
  }
}
